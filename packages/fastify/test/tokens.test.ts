import { Writable } from "node:stream";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { bearerHeader, createPolicy, firstMessage, grant, queryParam, refuse, wsorigin } from "../src/index.ts";
import { closeLater, listen, page, start } from "./support.ts";

const verify = (token: string) =>
  token === "Qv7hKx1mWz9pLr4T"
    ? grant({ principal: { name: "Ada" }, subject: "ada" })
    : refuse("invalid", `There is no ${token}.`);

test("a ticket in the query is not in Fastify's own log, which has the URL of every request", async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const policy = createPolicy({ origins: [page], token: { from: [queryParam("ticket")], verify } });
  const app = Fastify({ logger: { level: "trace", stream } });
  closeLater(app);
  await app.register(wsorigin, { policy });
  app.get("/chat", { websocket: true }, (socket, request) =>
    socket.send(JSON.stringify([request.query, request.url, request.wsorigin?.principal])),
  );
  const { open } = await listen(app);
  const { frames } = await open("/chat?a=1&ticket=Qv7hKx1mWz9pLr4T");
  expect(JSON.parse((await frames?.next())?.text ?? "")).toEqual([{ a: "1" }, "/chat?a=1", { name: "Ada" }]);
  await frames?.close();
  expect((await open("/chat?ticket=Jt3yBn6cXd8gFs2V")).status).toBe(401);
  const log = lines.join("");
  expect(log).toContain('"url":"/chat?a=1"');
  expect(log).toContain("token-invalid");
  expect(log).not.toMatch(/Qv7hKx1m|Jt3yBn6c/);
});

test("hooks see that the first message is still to come, the handler sees who came", async () => {
  const seen: unknown[] = [];
  const policy = createPolicy({ origins: [page], token: { from: [firstMessage()], verify } });
  const { open } = await start(
    (app) => {
      app.addHook(
        "preValidation",
        async ({ wsorigin }) => void seen.push([wsorigin?.principal, wsorigin?.decision.code]),
      );
      app.get("/chat", { websocket: true }, (socket, { wsorigin }) => {
        seen.push([wsorigin?.principal, wsorigin?.decision.code]);
        socket.send("welcome");
      });
    },
    { gate: { policy } },
  );
  const { frames } = await open("/chat");
  frames?.send("Qv7hKx1mWz9pLr4T");
  expect((await frames?.next())?.text).toBe("welcome");
  await frames?.close();
  expect(seen).toEqual([
    [undefined, "token-missing"],
    [{ name: "Ada" }, "origin-listed"],
  ]);
});

test("request.wsorigin.refresh renews; config.wsorigin has a route's own onExpiring and warnBefore", async () => {
  let warned = 0;
  const policy = createPolicy({
    origins: [page],
    token: {
      from: [bearerHeader()],
      verify: (token) =>
        grant({ principal: token, subject: "ada", expiresAt: Date.now() + (token === "one" ? 400 : 900) }),
    },
  });
  const { open } = await start(
    (app) =>
      app.get(
        "/chat",
        { websocket: true, config: { wsorigin: { warnBefore: 200, onExpiring: () => warned++ } } },
        async (socket, { wsorigin }) => {
          const renewed = await wsorigin?.refresh("two");
          socket.send(JSON.stringify([renewed?.code, wsorigin?.principal]));
        },
      ),
    { gate: { policy } },
  );
  const since = Date.now();
  const { frames } = await open("/chat", { headers: [["Authorization", "Bearer one"]] });
  expect((await frames?.next())?.text).toBe('["origin-listed","two"]');
  expect((await frames?.nextClose())?.code).toBe(4401);
  expect(Date.now() - since).toBeGreaterThanOrEqual(880);
  frames?.destroy();
  expect(warned).toBe(1);
});
