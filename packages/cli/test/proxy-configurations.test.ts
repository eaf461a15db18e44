import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, handshake } from "@wsorigin/testing";
import { describe, expect, test, type TestContext } from "vitest";
import { proxy } from "../src/commands/proxy.ts";
import {
  type Echo,
  needs,
  type Proxy,
  proxyKinds,
  type ProxyKind,
  startEcho,
  startProxy,
  varnishLog,
} from "./proxies.ts";

async function printed(...args: string[]): Promise<string> {
  const outcome = await proxy.run(args, {
    cwd: "/",
    progress: () => {},
    stdin: () => Promise.resolve(""),
    signal: new AbortController().signal,
  });
  if (!("text" in outcome)) throw new Error("It is a report.");
  return outcome.text;
}

/** The printed text is run as it is, but for what it says of this machine: the port to listen on, and the place of the log. */
const placed: Readonly<Record<ProxyKind, (text: string, port: number, folder: string) => string>> = {
  nginx: (text, port, folder) =>
    replace(replace(text, "listen 80;", `listen 127.0.0.1:${port};`), "/var/log/nginx/", `${folder}/`),
  apache: (text, port, folder) =>
    replace(replace(text, "<VirtualHost *:80>", `<VirtualHost *:${port}>`), "${APACHE_LOG_DIR}", folder),
  haproxy: (text, port) => replace(text, "bind :80", `bind 127.0.0.1:${port}`),
  caddy: (text, port) => replace(text, "app.example.com {", `http://:${port} {\n\tbind 127.0.0.1`),
  varnish: (text) => text,
};

function replace(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

/** An idle limit of one second, where the server's own default would be. */
const impatient: Readonly<Record<ProxyKind, (text: string) => string>> = {
  nginx: (text) => `proxy_read_timeout 1s;\n${text}`,
  apache: (text) => `Timeout 1\n${text}`,
  haproxy: (text) => text.replaceAll(/timeout (client|server) 30s/g, "timeout $1 1s"),
  caddy: (text) => text,
  varnish: (text) => text,
};

/** The line that outlives it. Caddy has no limit, and Varnish takes it as an argument. */
const idleLine: Partial<Record<ProxyKind, RegExp>> = {
  nginx: /^ *proxy_read_timeout 3600s;$/m,
  apache: / timeout=3600$/m,
  haproxy: /^ *timeout tunnel 3600s$/m,
};

interface Running {
  readonly proxy: Proxy;
  readonly echo: Echo;
  readonly open: (path: string) => Promise<Answer>;
}

async function run(
  kind: ProxyKind,
  context: TestContext,
  options: readonly string[] = [],
  change: (text: string) => string = (text) => text,
  more: readonly string[] = [],
): Promise<Running> {
  needs(kind, context);
  const echo = await startEcho();
  context.onTestFinished(() => echo.stop());
  const text = await printed(kind, "--upstream", `http://127.0.0.1:${echo.port}`, ...options);
  const varnish = kind === "varnish" ? ["-p", "pipe_timeout=1", ...argumentsOf(text), ...more] : [];
  const proxy = await startProxy({
    kind,
    config: ({ port, folder }) => placed[kind](change(text), port, folder),
    args: varnish,
  });
  context.onTestFinished(() => proxy.stop());
  return {
    proxy,
    echo,
    open: (path) =>
      handshake(
        { port: proxy.port },
        {
          path,
          origin: "https://app.example.com",
          hostHeader: "app.example.com:8443",
          headers: [
            ["Sec-WebSocket-Protocol", "chat.v1, superchat"],
            ["X-Forwarded-For", "6.6.6.6"],
            ["X-Forwarded-Proto", "gopher"],
            ["Cookie", "session=1"],
          ],
        },
      ),
  };
}

/** What the comment of Varnish's configuration says to start it with. */
function argumentsOf(text: string): readonly string[] {
  const line = /^# {3}(-p pipe_timeout=\d+)$/m.exec(text)?.[1];
  expect(line).toBeDefined();
  return line?.split(" ") ?? [];
}

/** A message each way, in either order. */
async function talks({ frames }: Answer, echo: Echo): Promise<void> {
  frames?.send("to the server");
  expect((await frames?.next())?.data.toString()).toBe("to the server");
  echo.broadcast("to the client");
  expect((await frames?.next())?.data.toString()).toBe("to the client");
}

describe.for(proxyKinds)("what proxy %s prints", { concurrent: true }, (kind) => {
  test("carries a socket through, with all that the backend has to see", async (context) => {
    const { echo, open, proxy } = await run(kind, context);
    const answer = await open("/ws?token=s3cret&room=1");
    expect(answer.status).toBe(101);
    expect(answer.header("sec-websocket-protocol")).toBe("chat.v1");
    await talks(answer, echo);
    const [seen] = echo.handshakes;
    expect(seen).toMatchObject({
      url: "/ws?token=s3cret&room=1",
      httpVersion: "1.1",
      host: "app.example.com:8443",
      origin: "https://app.example.com",
      upgrade: "websocket",
      subprotocol: "chat.v1, superchat",
      headers: { cookie: "session=1", "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http" },
    });
    expect(seen?.connection?.toLowerCase()).toBe("upgrade");
    await answer.frames?.close();

    // The handshake is in the access log, and its query is not.
    const log = () => (kind === "varnish" ? varnishLog(proxy, '%h %t "%m %U %H" %s %b') : Promise.resolve(proxy.log()));
    let text = "";
    for (let attempt = 0; attempt < 100 && !text.includes("/ws"); attempt++) {
      await sleep(50);
      text = (await log())
        .split("\n")
        // nginx repeats whole requests at the level info, which no configuration here asks for.
        .filter((line) => !line.includes("[info]"))
        .join("\n");
    }
    expect(text).toContain("/ws");
    expect(text).not.toContain("s3cret");
  });

  test("keeps a silent socket that the server's own limit would close", async (context) => {
    const { echo, open } = await run(kind, context, [], impatient[kind]);
    const answer = await open("/ws");
    expect(answer.status).toBe(101);
    await sleep(2200);
    await talks(answer, echo);
    answer.frames?.destroy();
  });

  // Caddy ends no silent socket by itself.
  const limited = kind === "caddy" ? [] : [kind];
  test.for(limited)("%s does so by the line that says so", async (_kind, context) => {
    const line = idleLine[kind];
    const without = (text: string) => (line === undefined ? text : impatient[kind](text.replace(line, "")));
    const { open } = await run(kind, context, [], without, ["-p", "pipe_timeout=1"]);
    const answer = await open("/ws");
    expect(answer.status).toBe(101);
    await expect(answer.frames?.closed(30_000)).resolves.toBeDefined();
  });

  test.for(limited)("%s closes a silent socket after --idle", async (_kind, context) => {
    const shorter = (text: string) => (kind === "apache" ? impatient.apache(text) : text);
    const { open } = await run(kind, context, ["--idle", "1"], shorter);
    // Before the handshake: a busy machine may read its answer late.
    const started = performance.now();
    const answer = await open("/ws");
    await expect(answer.frames?.closed(30_000)).resolves.toBeDefined();
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  test("means the very path, and nothing beside it", async (context) => {
    const { echo, open } = await run(kind, context, ["--path", "/a.b/ws"]);
    const right = await open("/a.b/ws?x=1");
    expect(right.status).toBe(101);
    right.frames?.destroy();
    for (const path of ["/a.b/ws/more", "/a.b/wsx", "/aXb/ws", "/"]) {
      const answer = await open(path);
      answer.frames?.destroy();
      expect(echo.handshakes.map(({ url }) => url)).not.toContain(path);
    }
  });

  test("means all below a path that ends in a slash", async (context) => {
    const { open, echo } = await run(kind, context, ["--path", "/socket.io/"]);
    for (const path of ["/socket.io/?EIO=4", "/socket.io/rooms/1?x"]) {
      const answer = await open(path);
      expect(answer.status).toBe(101);
      answer.frames?.destroy();
    }
    expect(echo.handshakes.map(({ url }) => url)).toEqual(["/socket.io/?EIO=4", "/socket.io/rooms/1?x"]);
  });

  test("makes a tunnel for WebSockets only", async (context) => {
    const { echo, proxy } = await run(kind, context);
    const target = { port: proxy.port };
    const answer = await handshake(target, {
      path: "/ws",
      hostHeader: "app.example.com",
      omit: ["upgrade"],
      headers: [["Upgrade", "h2c"]],
    });
    answer.frames?.destroy();
    expect(answer.status).not.toBe(101);
    expect(echo.handshakes).toEqual([]);

    const lower = await handshake(target, {
      path: "/ws",
      hostHeader: "app.example.com",
      omit: ["upgrade", "connection"],
      headers: [
        ["Upgrade", "WebSocket"],
        ["Connection", "keep-alive, Upgrade"],
      ],
    });
    expect(lower.status).toBe(101);
    lower.frames?.destroy();
    expect(echo.handshakes).toHaveLength(1);
  });
});
