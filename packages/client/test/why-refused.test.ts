import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";
import { afterEach, expect, test } from "vitest";
import { whyRefused } from "../src/index.ts";

let server: Server | undefined;
let requests: IncomingMessage[] = [];

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  requests = [];
});

async function start(listener: RequestListener): Promise<string> {
  const started = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("It listens on no port.");
  return `127.0.0.1:${address.port}`;
}

/** Outside a page there is no URL that others are resolved against. */
Object.assign(globalThis, { location: { href: "http://127.0.0.1/" } });

const refusal = { code: "origin-not-listed", text: 'Add "https://app.example" to `origins`.' };

test("the code and the text, of one GET without headers of its own", async () => {
  const host = await start((_request, response) => void response.end(JSON.stringify({ ...refusal, more: 1 })));
  expect(await whyRefused(`ws://${host}/chat?room=1#top`)).toEqual(refusal);
  expect(requests.map(({ method, url }) => [method, url])).toEqual([["GET", "/chat?room=1&wsorigin-explain=1"]]);
});

test("a gate with explainRoute answers, for the page's origin", async () => {
  const host = await start((_request, response) => void response.writeHead(404).end());
  if (server === undefined) throw new Error("There is no server.");
  const policy = createPolicy({ origins: ["https://app.example"] });
  guard(server, { policy, explainRoute: true, log: false }).route("/chat", () => {});
  const fromPage: typeof fetch = (url, init) => fetch(url, { ...init, headers: { origin: "https://other.example" } });
  const refused = await whyRefused(`ws://${host}/chat`, { fetch: fromPage });
  expect(refused?.code).toBe("origin-not-listed");
  expect(refused?.text).toContain("https://other.example");
  expect(refused?.text).not.toContain("https://app.example");
});

test.each<[string, RequestListener]>([
  ["another status", (_request, response) => void response.writeHead(404).end(JSON.stringify(refusal))],
  ["no JSON", (_request, response) => void response.end("<title>Chat</title>")],
  ["other JSON", (_request, response) => void response.end('{"code":1,"text":"x"}')],
  ["null", (_request, response) => void response.end("null")],
  ["nothing", (_request, response) => void response.destroy()],
])("%s says nothing", async (_name, listener) => {
  expect(await whyRefused(`ws://${await start(listener)}/chat`)).toBeUndefined();
});

test("given up, it says nothing", async () => {
  const controller = new AbortController();
  const host = await start(() => controller.abort());
  expect(await whyRefused(`ws://${host}/chat`, { signal: controller.signal })).toBeUndefined();
  expect(requests).toHaveLength(1);
});

test("a fetch of one's own", async () => {
  const asked: unknown[] = [];
  const given: typeof fetch = async (url, init) => {
    asked.push(url, init?.credentials, init?.headers);
    return Response.json(refusal);
  };
  expect(await whyRefused("wss://app.example/chat", { fetch: given })).toEqual(refusal);
  expect(asked).toEqual(["https://app.example/chat?wsorigin-explain=1", "include", undefined]);
});

test("what is no socket's URL is refused", async () => {
  await expect(whyRefused("ftp://app.example/")).rejects.toThrow(TypeError);
});
