import { once } from "node:events";
import { createServer } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, handshake } from "@wsorigin/testing";
import { describe, expect, test, type TestContext } from "vitest";
import type { Report } from "../src/finding.ts";
import { checkText } from "../src/proxy/check.ts";
import { type Echo, needs, type Proxy, startEcho, startProxy } from "./proxies.ts";
import { type Case, cases } from "./proxy-rows/real.ts";

function check({ kind, path }: Case, text: string): Promise<Report> {
  return checkText({ kind, file: "site", text, path, cwd: "/", goOn: async () => {} });
}

type Request = NonNullable<Parameters<typeof handshake>[1]>;

interface Running {
  readonly kind: Case["kind"];
  readonly echo: Echo;
  readonly proxy: Proxy;
  readonly open: (options?: Request) => Promise<Answer>;
}

/** Runs the server with it. Its port is 8080 in the text, the backend's 3000, and its folder LOGS. */
async function run({ kind, http2 = false }: Case, text: string, context: TestContext): Promise<Running> {
  needs(kind, context);
  const echo = await startEcho({ allow: ({ origin }) => origin !== undefined });
  context.onTestFinished(() => echo.stop());
  const backend = http2 ? await startHttp2(context) : echo.port;
  const proxy = await startProxy({
    kind,
    config: ({ port, folder }) =>
      text.replaceAll(/8080|3000|LOGS/g, (found) =>
        found === "LOGS" ? folder : String(found === "8080" ? port : backend),
      ),
  });
  context.onTestFinished(() => proxy.stop());
  const open = async (options: Request = {}) => {
    const answer = await handshake(
      { port: proxy.port },
      { path: "/ws?token=s3cret", origin: "https://app.example.com", hostHeader: "app.example.com:8443", ...options },
    );
    context.onTestFinished(() => answer.frames?.destroy());
    return answer;
  };
  return { kind, echo, proxy, open };
}

/** A server of HTTP/2 over plain TCP, without RFC 8441, and with HTTP/1.1 beside it as most have. */
async function startHttp2(context: TestContext): Promise<number> {
  const server = createServer((_request, response) => void response.end("page"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It listens on no TCP port.");
  return address.port;
}

/** What a harm looks like: `true` where it is done. */
const harms: Readonly<Record<Case["harm"], (running: Running) => Promise<boolean>>> = {
  upgrade: async ({ open }) => (await open()).status !== 101,
  firefox: async ({ open }) => {
    const headers = [
      ["Upgrade", "websocket"],
      ["Connection", "keep-alive, Upgrade"],
    ] as const;
    return (await open({ omit: ["upgrade", "connection"], headers })).status !== 101;
  },
  refused: async ({ open }) => (await open()).status === 502,
  accept: async ({ open }) => {
    const answer = await open({ headers: [["Sec-WebSocket-Protocol", "chat.v1"]] });
    return answer.status !== 101 || answer.header("sec-websocket-protocol") !== "chat.v1";
  },
  host: async ({ open, echo }) => {
    await open();
    return echo.handshakes[0]?.host !== "app.example.com:8443";
  },
  origin: async ({ open, echo }) => {
    await open();
    return echo.handshakes[0]?.origin !== "https://app.example.com";
  },
  path: async ({ open, echo }) => {
    await open({ path: "/ws/room" });
    return echo.handshakes[0]?.url !== "/ws/room";
  },
  foreign: async ({ open }) => (await open({ origin: "https://evilapp.example.com" })).status === 101,
  idle: async ({ open }) => {
    const answer = await open();
    expect(answer.status).toBe(101);
    await sleep(2300);
    answer.frames?.send("still there?");
    return (await answer.frames?.next().catch(() => undefined)) === undefined;
  },
  logged: async ({ open, proxy, kind }) => {
    const answer = await open();
    expect(answer.status).toBe(101);
    await answer.frames?.close();
    const logged = () =>
      proxy
        .log()
        .split("\n")
        // Apache of these tests has a log of every request besides.
        .filter((line) => line.includes("/ws") && (kind !== "apache" || line.startsWith("own ")));
    for (let attempt = 0; attempt < 100 && logged().length === 0; attempt++) await sleep(50);
    expect(logged().length).toBeGreaterThan(0);
    return logged().some((line) => line.includes("s3cret"));
  },
};

describe.for(cases.map((each) => [`${each.rule} on ${each.kind}`, each] as const))(
  "%s",
  { concurrent: true },
  ([, one]) => {
    test("is found in the faulty configuration, and not in the right one", async () => {
      const ids = async (text: string) => (await check(one, text)).findings.map(({ rule }) => rule.id);
      expect(await ids(one.wrong)).toContain(one.rule);
      expect(await ids(one.right)).not.toContain(one.rule);
    });

    test(`does harm (${one.harm}) in the real server`, async (context) => {
      expect(await harms[one.harm](await run(one, one.wrong, context))).toBe(true);
    });

    test("does none where it is right", async (context) => {
      expect(await harms[one.harm](await run({ ...one, http2: false }, one.right, context))).toBe(false);
    });
  },
);

test("WSO173: nginx sends a header of a snippet besides its own, and ws answers 400", async (context) => {
  needs("nginx", context);
  const echo = await startEcho();
  context.onTestFinished(() => echo.stop());
  const location = (snippet: string) =>
    `proxy_pass http://127.0.0.1:${echo.port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; ${snippet}`;
  for (const [snippet, status] of [
    ["proxy_set_header Upgrade $http_upgrade;", 400],
    ["proxy_set_header X-From ingress;", 101],
  ] as const) {
    const proxy = await startProxy({
      kind: "nginx",
      config: ({ port }) => `server { listen 127.0.0.1:${port}; location / { ${location(snippet)} } }`,
    });
    context.onTestFinished(() => proxy.stop());
    const answer = await handshake({ port: proxy.port }, { path: "/ws", origin: "https://app.example.com" });
    answer.frames?.destroy();
    expect(answer.status).toBe(status);
  }
});
