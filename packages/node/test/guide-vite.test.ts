import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { type Frames, handshake, type HandshakeRequest, type Target } from "@wsorigin/testing";
import { createServer as createViteServer } from "vite";
import { expect, test } from "vitest";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/vite/after.ts";
import * as before from "../docs/vite/before.ts";
import { createPolicy, grant, guard, queryParam, refuse } from "../src/index.ts";

async function echoes(frames: Frames): Promise<void> {
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

/** The page's own origin, as the browser has it that opened it. */
const ownOrigin = ({ port }: Target): string => `http://localhost:${port}`;

/** What Vite's client sends: the token is in its code, which a page of the same origin loads. */
async function hotReload(target: Target, protocol = "vite-hmr"): Promise<HandshakeRequest> {
  const code = await (await fetch(`${ownOrigin(target)}/@vite/client`)).text();
  const [, token] = /wsToken = "([^"]+)"/.exec(code) ?? [];
  if (token === undefined) throw new Error("Vite's client has no token.");
  return {
    path: `/?token=${token}`,
    hostHeader: `localhost:${target.port}`,
    headers: [["Sec-WebSocket-Protocol", protocol]],
  };
}

async function reloads(target: Target, origin: string): Promise<void> {
  const frames = await openAs(origin, target, await hotReload(target));
  expect((await frames.next()).text).toBe('{"type":"connected"}');
}

const guide = {
  file: new URL("../docs/vite.md", import.meta.url),
  before,
  after,
  request: { path: "/chat" },
  use: echoes,
};

describeGuide("Vite in middleware mode without a gate", guide, (before, after) => {
  test("before and after: a page of this server gets hot reloads", async () => {
    for (const target of [before(), after()]) await expect(reloads(target, ownOrigin(target))).resolves.toBeUndefined();
  });

  test("before: a page of another port can have Vite's token, and with it the hot reloads", async () => {
    const other = "http://localhost:6666";
    const { headers } = await fetch(`${ownOrigin(before())}/@vite/client`, { headers: { Origin: other } });
    expect(headers.get("Access-Control-Allow-Origin")).toBe(other);
    await reloads(before(), other);
  });

  test("before: Vite answers a ping from any page, without a token", async () => {
    const headers = [["Sec-WebSocket-Protocol", "vite-ping"]] as const;
    await openAs(evil, before(), { path: "/", headers });
    expect((await handshake(after(), { path: "/", headers, origin: evil })).status).toBe(403);
  });

  test("after: pages of this server reach the app's socket", async () => {
    const hostHeader = `localhost:${after().port}`;
    await echoes(await openAs(ownOrigin(after()), after(), { path: "/chat", hostHeader }));
  });

  test.each([evil, "http://localhost:6666", "https://localhost:1", "null", null])(
    "after: a page of %s gets no hot reloads, even with the token",
    async (origin) => {
      expect((await handshake(after(), { ...(await hotReload(after())), origin })).status).toBe(403);
    },
  );

  test("after: a hostname that somebody points at this machine gets neither", async () => {
    const rebound = { hostHeader: "attacker.test", origin: "http://attacker.test" };
    expect((await handshake(after(), { ...(await hotReload(after())), ...rebound })).status).toBe(403);
    expect((await handshake(after(), { path: "/chat", ...rebound })).status).toBe(403);
  });
});

test("a token that the policy takes from the query has another name than Vite's, and is for the app's routes only", async () => {
  const verify = (token: string) => (token === "good" ? grant({ principal: "ann" }) : refuse("invalid"));
  const tokens = (name: string) =>
    createPolicy({ origins: [page], token: { from: [queryParam(name)], verify, required: false } });
  const statusWith = async (policy: ReturnType<typeof tokens>): Promise<number | undefined> => {
    const server = createServer((request, response) => vite.middlewares(request, response));
    guard(server, { policy, log: false });
    const vite = await createViteServer({
      root: fileURLToPath(new URL("../docs/vite", import.meta.url)),
      appType: "custom",
      server: { middlewareMode: true, ws: { server } },
    });
    const target = await started(running(server.listen(0, "127.0.0.1"), () => vite.close()));
    const answer = await handshake(target, { ...(await hotReload(target)), origin: page });
    answer.frames?.destroy();
    return answer.status;
  };
  expect(await statusWith(tokens("token"))).toBe(401);
  expect(await statusWith(tokens("ticket"))).toBe(101);
});
