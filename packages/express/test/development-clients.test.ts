import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { evil } from "../../testing/test/guides.ts";
import { createPolicy } from "../src/index.ts";
import { api, type Api } from "./development-setup.ts";
import { reactNative, type Recorded, withoutOrigin } from "./recorded-handshakes.ts";

const require = createRequire(import.meta.url);
const page = "http://localhost:5173";
const urlOf = ({ target }: Api): string => `ws://127.0.0.1:${target.port}/chat`;

/** What the log says of a program that sends no Origin. */
const refused = "came:     no Origin header";

/** Runs a program, until the test ends, with its input open. Resolves with what it printed, once that contains this or the program has ended. */
function run(program: string, args: readonly string[], wanted: RegExp): Promise<string> {
  const child = spawn(program, args, { stdio: "pipe" });
  onTestFinished(() => void child.kill());
  return new Promise((resolve, reject) => {
    let printed = "";
    const take = (chunk: string): void => {
      printed += chunk;
      if (wanted.test(printed)) resolve(printed);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", () => resolve(printed));
  });
}

const wscat = (wanted: RegExp, ...args: readonly string[]): Promise<string> =>
  run(process.execPath, [join(require.resolve("wscat/package.json"), "../bin/wscat"), ...args], wanted);

describe("wscat", () => {
  test("sends no Origin, and is refused", async () => {
    const server = await api();
    expect(await wscat(/403/, "-c", urlOf(server))).toContain("Unexpected server response: 403");
    expect(server.log()).toContain(refused);
  });

  test("with -o, gets in", async () => {
    const server = await api();
    const args = ["-o", page, "-c", urlOf(server), "-x", "over", "-w", "-1"];
    expect(await wscat(/over/, ...args)).toContain("over");
  });
});

describe("Node's WebSocket", () => {
  /** What it tells of a socket that it opens with these options. */
  function told(server: Api, options: object): Promise<string> {
    const program = `
      const socket = new WebSocket(${JSON.stringify(urlOf(server))}, ${JSON.stringify(options)});
      socket.onopen = () => socket.send("over");
      socket.onmessage = ({ data }) => { console.log(data); socket.close(); };
      socket.onerror = () => console.log("error");`;
    // Node 20 has it behind a flag.
    const flags = typeof globalThis.WebSocket === "undefined" ? ["--experimental-websocket"] : [];
    return run(process.execPath, [...flags, "-e", program], /error|over/);
  }

  test("sends no Origin, and is refused", async () => {
    const server = await api();
    expect(await told(server, {})).toContain("error");
    expect(server.log()).toContain(refused);
  });

  test("with a header, gets in", async () => {
    expect(await told(await api(), { headers: { Origin: page } })).toContain("over");
  });
});

describe("ws", () => {
  test("sends no Origin, and is refused", async () => {
    const server = await api();
    const [error] = await once(new WebSocket(urlOf(server)), "error");
    expect(String(error)).toContain("403");
    expect(server.log()).toContain(refused);
  });

  test("with origin, gets in", async () => {
    const socket = new WebSocket(urlOf(await api()), { origin: page });
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send("over");
    expect(String((await once(socket, "message"))[0])).toBe("over");
  });
});

describe("curl", () => {
  /** The answer, as curl shows it. */
  function asked(server: Api, ...more: readonly string[]): Promise<string> {
    const fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    const all = [...fields, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", ...more].flatMap((field) => ["-H", field]);
    return run("curl", ["-svN", "--http1.1", ...all, urlOf(server).replace("ws:", "http:")], /^< HTTP.*$/m);
  }

  test("sends no Origin, and is refused; with the header, it gets in", async ({ skip }) => {
    const server = await api();
    try {
      expect(await asked(server)).toContain("< HTTP/1.1 403 Forbidden");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || process.env["CI"]) throw error;
      skip("curl is not installed (Debian: apt install curl).");
    }
    expect(server.log()).toContain(refused);
    expect(await asked(server, `Origin: ${page}`)).toContain("< HTTP/1.1 101 Switching Protocols");
  });
});

const usual = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];

/** What a recorded client sends, in its order. */
const replay = ({ lines }: Recorded) => ({ omit: usual, headers: lines });

describe("clients without an Origin", () => {
  test.each(withoutOrigin)("$client is refused, and the log says how it sends one", async (recorded) => {
    const { open: status, log } = await api();
    expect(await status(null, replay(recorded))).toBe(403);
    expect(log()).toContain('wscat -o https://app.example.com, curl -H "Origin: https://app.example.com"');
    expect(await status("https://app.example.com", replay(recorded))).toBe(101);
  });
});

describe.each(reactNative)("$client", (recorded) => {
  const { host, origin } = recorded;

  test("sends the server's own URL as Origin, and the log says how to allow that", async () => {
    const { open: status, log } = await api({ ALLOWED_HOSTS: host.replace(/:\d+$/, "") });
    expect(await status(null, { ...replay(recorded), hostHeader: host })).toBe(403);
    expect(log()).toContain("which its own pages and React Native apps send. To allow it, set sameHost: true");
    expect(log()).toContain(`add "${origin}" to \`origins\``);
  });

  test("gets in with sameHost, and so does no other page", async () => {
    const policy = createPolicy({ sameHost: true, hosts: [host.replace(/:\d+$/, "")] });
    const from = (from: string): boolean => policy.check({ headers: { host, origin: from } }).allowed;
    expect(from(origin)).toBe(true);
    expect(from(evil)).toBe(false);
    expect(from(origin.replace(":3000", ":3001"))).toBe(false);
  });
});

test("React Native on Android keeps a default port in its Origin, which no browser does", async () => {
  const { open: status } = await api();
  expect(await status("https://app.example.com:443")).toBe(400);
});
