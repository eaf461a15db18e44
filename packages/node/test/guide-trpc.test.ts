import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import {
  createTRPCClient,
  createTRPCUntypedClient,
  createWSClient,
  httpLink,
  TRPCClientError,
  type TRPCWebSocketClient,
  type WebSocketClientOptions,
  wsLink,
} from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type Frames, handshake, type Target, until } from "@wsorigin/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/trpc/after.ts";
import * as before from "../docs/trpc/before.ts";
import { createPolicy, guard, identityOf } from "../src/index.ts";
import {
  type Library,
  type LibraryOptions,
  PageSocket,
  type SocketClass,
  socketOf,
  startLibrary,
} from "./guide-support.ts";

async function asks(frames: Frames): Promise<void> {
  frames.send('{"id":1,"method":"query","params":{"path":"hello"}}');
  expect(JSON.parse((await frames.next()).text)).toEqual({
    id: 1,
    result: { type: "data", data: "Hello, user=ann" },
  });
}

/** tRPC's own client, as a page has it, but without its delays. It ends with the test. */
function clientOf(options: WebSocketClientOptions, socket: SocketClass = PageSocket): TRPCWebSocketClient {
  // The class of ws lacks `dispatchEvent`, which tRPC does not use.
  const client = createWSClient({ WebSocket: socket as never, retryDelayMs: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
}

const guide = {
  file: new URL("../docs/trpc.md", import.meta.url),
  before,
  after,
  request: { headers: [["Cookie", "user=ann"]] },
  use: asks,
} as const;

describeGuide("tRPC's applyWSSHandler without a gate", guide, (before, after) => {
  const linkTo = ({ port }: Target, origin = page) =>
    wsLink({ client: clientOf({ url: `ws://127.0.0.1:${port}` }, socketOf(origin)) });

  test("before and after: tRPC's own client asks", async () => {
    for (const target of [before(), after()]) {
      const client = createTRPCUntypedClient({ links: [linkTo(target)] });
      expect(await client.query("hello")).toBe("Hello, undefined");
    }
  });

  test("after: createContext knows the page of a socket", async () => {
    const client = createTRPCUntypedClient({ links: [linkTo(after())] });
    expect(await client.query("page")).toBe(page);
  });

  test("after: it knows no gate behind an HTTP call", async () => {
    const client = createTRPCUntypedClient({ links: [httpLink({ url: `http://127.0.0.1:${after().port}` })] });
    expect(await client.query("hello")).toBe("Hello, undefined");
    expect(await client.query("page")).toBeUndefined();
  });

  test("after: CORS has the same list", async () => {
    const allowed = async (origin: string): Promise<string | null> => {
      const answer = await fetch(`http://127.0.0.1:${after().port}/hello`, { headers: { origin } });
      await answer.text();
      return answer.headers.get("Access-Control-Allow-Origin");
    };
    expect([await allowed(page), await allowed(evil)]).toEqual([page, null]);
  });
});

const t = initTRPC.context<{ readonly user: unknown }>().create();

/** How many calls of `wait` there were. */
let waiting = 0;
const router = t.router({
  user: t.procedure.query(({ ctx }) => String(ctx.user)),
  wait: t.procedure.query(() => {
    waiting++;
    return new Promise<never>(() => {});
  }),
  stream: t.procedure.subscription(async function* ({ ctx, signal }) {
    yield String(ctx.user);
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  }),
});
const createContext = ({ req }: { readonly req: IncomingMessage }) => ({ user: identityOf(req)?.principal });

describe("applyWSSHandler on a port of its own", () => {
  test("before: new WebSocketServer({ port }) lets every page in", async () => {
    const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    applyWSSHandler({ wss, router, createContext });
    await once(wss, "listening");
    const address = wss.address();
    const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
    const frames = await openAs(evil, target, {});
    frames.send('{"id":1,"method":"query","params":{"path":"user"}}');
    expect((await frames.next()).text).toContain("undefined");
    frames.destroy();
    await new Promise((resolve) => wss.close(resolve));
  });

  test("after: a server of your own, guarded, and nothing else changes", async () => {
    const server = createServer((_request, response) => response.writeHead(426).end());
    guard(server, { policy: createPolicy({ origins: [page] }), log: false });
    applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext });
    const target = await started(running(server.listen(0, "127.0.0.1")));
    const frames = await openAs(page, target, {});
    frames.send('{"id":1,"method":"query","params":{"path":"user"}}');
    expect((await frames.next()).text).toContain("undefined");
    expect((await handshake(target, { origin: evil })).status).toBe(403);
  });
});

describe("a client of tRPC behind the gate", () => {
  const start = (options: LibraryOptions = {}): Promise<Library> =>
    startLibrary((server) => {
      applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext });
    }, options);

  test("is known in createContext, and one of the connections", async () => {
    const { url, gate } = await start();
    const client = createTRPCClient<typeof router>({ links: [wsLink({ client: clientOf({ url: url("ada") }) })] });
    expect(await client.user.query()).toBe("ada");
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
  });

  test.each([
    ["a revocation", {}, ({ revoke }: Library) => revoke({ subject: "ada-1" })],
    ["the end of its grant", { expires: 400 }, () => {}],
    ["disconnect()", {}, ({ gate }: Library) => void gate.disconnect(() => true, 4401)],
  ])("is told of %s with 4401, and reconnects with what its url() returns then", async (_name, options, end) => {
    const library = await start(options);
    const codes: unknown[] = [];
    const heard: string[] = [];
    let count = 0;
    const ws = clientOf({
      url: () => library.url(`ada-${++count}`),
      onClose: (cause) => void codes.push(cause?.code),
    });
    const client = createTRPCClient<typeof router>({ links: [wsLink({ client: ws })] });
    const subscription = client.stream.subscribe(undefined, { onData: (data) => void heard.push(data) });
    onTestFinished(() => subscription.unsubscribe());
    await until(() => heard.length > 0, "the subscription has begun");
    const before = waiting;
    const failed = client.wait.query().catch((error: unknown) => error);
    await until(() => waiting > before, "the query has arrived");
    end(library);
    expect(await failed).toBeInstanceOf(TRPCClientError);
    await until(() => new Set(heard).size > 1, "the subscription goes on with another ticket");
    expect(codes[0]).toBe(4401);
  });

  test("tries a used ticket again and again, without telling the query", async () => {
    const { url, events } = await start();
    const used = url("ada");
    await once(new PageSocket(used), "open");
    const client = createTRPCClient<typeof router>({ links: [wsLink({ client: clientOf({ url: used }) })] });
    let settled = false;
    const settle = (): void => void (settled = true);
    client.user.query().then(settle, settle);
    await until(() => events.length > 4, "it has tried four times");
    expect(events.slice(1, 5).map(({ decision }) => decision.code)).toEqual(Array(4).fill("token-invalid"));
    expect(settled).toBe(false);
  });

  test("sends connectionParams after the 101: the policy reads none", async () => {
    const { url, events } = await start();
    const [bare = ""] = url("ada").split("?");
    clientOf({ url: bare, connectionParams: { ticket: "ada" }, retryDelayMs: () => 1000 });
    await until(() => events.length > 0, "it is refused");
    expect(events[0]?.decision.code).toBe("token-missing");
  });
});
