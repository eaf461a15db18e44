import { once } from "node:events";
import { createServer } from "node:http";
import { bearerHeader, createPolicy, grant } from "@wsorigin/core";
import { expect, onTestFinished, test } from "vitest";
import { guard, type PlainOptions } from "../src/index.ts";

const page = "https://app.example.com";
const policy = createPolicy({
  origins: [page, "https://secret-customer.example"],
  hosts: ["127.0.0.1", "api.example.com"],
});

/** A guarded server; what `fetch` gets of `/chat?wsorigin-explain=1`. */
async function start(options: Partial<PlainOptions>) {
  const server = createServer((_request, response) => response.writeHead(404).end("the app"));
  guard(server, { policy, log: false, ...options }).route("/chat", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return (headers: Record<string, string>, path = "/chat?wsorigin-explain=1"): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers });
}

test("says to a page why it is refused, and nothing of the list", async () => {
  const ask = await start({ explainRoute: true });
  const response = await ask({ origin: "http://app.example.com" });
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("http://app.example.com");
  expect(response.headers.get("access-control-allow-credentials")).toBe("true");
  expect(response.headers.get("vary")).toBe("Origin");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const body = await response.text();
  expect(JSON.parse(body)).toMatchObject({
    code: "origin-not-listed",
    text: expect.stringContaining('Origin "http://app.example.com"'),
  });
  expect(body).not.toMatch(/secret-customer|https:\/\/app\.example\.com/);
});

test("says to a page that Host and Origin are fine, without the entry that allows it", async () => {
  const wild = createPolicy({ origins: ["https://**.example.com"] });
  const ask = await start({ explainRoute: true, policy: wild });
  const body = await (await ask({ origin: page })).text();
  expect(JSON.parse(body)).toMatchObject({
    code: "origin-listed",
    text: expect.stringContaining("not a reason to refuse it"),
  });
  expect(body).not.toContain("**");
});

test("asks for no token, and for no Origin of a page of the server's own", async () => {
  const token = { from: [bearerHeader()], verify: () => grant({ principal: undefined }) };
  const own = createPolicy({ sameHost: true, hosts: ["127.0.0.1"], token });
  const ask = await start({ explainRoute: true, policy: own });
  const response = await ask({ "sec-fetch-site": "same-origin" });
  expect(await response.json()).toMatchObject({ code: "origin-same-host" });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test.each<[string, Partial<PlainOptions>, string]>([
  ["by default", {}, "/chat?wsorigin-explain=1"],
  ["for a client elsewhere", { explainRoute: true, facts: () => ({ ip: "203.0.113.7" }) }, "/chat?wsorigin-explain=1"],
  ["on no route", { explainRoute: true }, "/other?wsorigin-explain=1"],
  ["unasked", { explainRoute: true }, "/chat"],
])("%s the app answers", async (_when, options, path) => {
  const response = await (await start(options))({ origin: page }, path);
  expect([response.status, await response.text()]).toEqual([404, "the app"]);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test.each(["x-forwarded-for", "forwarded", "via", "x-real-ip"])(
  "a client behind a proxy on this machine (%s) is none of its own",
  async (name) => {
    const ask = await start({ explainRoute: true });
    const response = await ask({ origin: page, [name]: "for=203.0.113.7" });
    expect([response.status, await response.text()]).toEqual([404, "the app"]);
  },
);

test('with "everywhere" a client elsewhere is answered', async () => {
  const ask = await start({ explainRoute: "everywhere", facts: () => ({ ip: "203.0.113.7" }) });
  expect((await ask({ origin: page })).status).toBe(200);
});

test("explainRoute must be one of three", () => {
  expect(() => guard(createServer(), { policy, explainRoute: "yes" as never })).toThrow(
    '`explainRoute` is "yes"; it must be true, false or "everywhere".',
  );
});
