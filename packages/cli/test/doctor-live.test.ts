import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { runCli } from "../src/cli.ts";
import { doctor } from "../src/commands/doctor.ts";
import { frameReader } from "../src/doctor/frames.ts";
import type { Report } from "../src/finding.ts";
import * as backends from "./backends.ts";
import { freePort } from "./proxies.ts";

const page = "https://app.example.com";
const accepted =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

async function diagnose(url: string, args: readonly string[] = [], signal?: AbortSignal): Promise<Report> {
  const outcome = await doctor.run([url, "--origin", page, ...args], {
    cwd: ".",
    stdin: async () => "",
    progress: () => {},
    signal: signal ?? new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("There is no report.");
  return outcome.report;
}

const idsOf = ({ findings }: Report): readonly string[] => findings.map(({ rule }) => rule.id);

/** A server whose answer to each request a test chooses. */
function answering(answer: (request: string, socket: Socket) => void): Promise<number> {
  return backends.tcp((socket) => void socket.once("data", (data) => answer(data.toString("latin1"), socket)));
}

test.concurrent("pings are answered with pongs that carry the same payload, and nothing else is sent", async () => {
  const payloads: string[] = [];
  const messages: string[] = [];
  const port = await backends.accepting({}, (socket: WebSocket) => {
    socket.on("pong", (data) => payloads.push(data.toString()));
    socket.on("message", () => messages.push("a message"));
    socket.ping("first");
    socket.send("x".repeat(70_000));
    socket.ping("after a long message");
    socket.ping("");
  });
  await diagnose(`ws://localhost:${port}/ws`, ["--idle", "1"]);
  for (const payload of ["first", "after a long message", ""]) expect(payloads).toContain(payload);
  expect(messages).toEqual([]);
});

test("frames are read however they are cut", () => {
  const pongs: Buffer[] = [];
  const reader = frameReader((pong) => pongs.push(pong));
  const message = Buffer.concat([Buffer.from([0x82, 126, 0x01, 0x00]), Buffer.alloc(256, 0x89)]);
  const stream = Buffer.concat([message, Buffer.from([0x89, 2, 1, 2]), Buffer.from([0x88, 4, 0x03, 0xf0, 0x6e, 0x6f])]);
  for (const byte of stream) reader.push(Buffer.from([byte]));
  expect(pongs).toHaveLength(1);
  expect(reader.close).toEqual({ code: 1008, reason: "no" });
});

test("--idle is added to the time limit", async () => {
  const limits = vi.spyOn(AbortSignal, "timeout");
  onTestFinished(() => limits.mockRestore());
  const url = `ws://localhost:${await freePort()}/`;
  for (const args of [["--idle"], ["--idle", "120"], ["--timeout", "7", "--idle", "9"], []])
    await runCli(["doctor", url, ...args], environment());
  expect(limits.mock.calls).toEqual([[135_000], [180_000], [16_000], [60_000]]);
});

test.concurrent("what was found until the time was over is told", async () => {
  const controller = new AbortController();
  const seen = new EventEmitter();
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    // The last request is never answered; the page's connection is ended by the doctor after it has looked on.
    if (request.includes("Host: evil.invalid")) seen.emit("host");
    else if (request.includes("Upgrade: websocket")) socket.write(accepted);
    else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (/Origin: https:\/\/app\.example\.com\r/.test(request) && !request.includes("Version: 99"))
      socket.once("close", () => seen.emit("page"));
  });
  const running = diagnose(`ws://localhost:${port}/ws`, ["--cookie", "sid=1"], controller.signal);
  await Promise.all([once(seen, "host"), once(seen, "page")]);
  controller.abort();
  const report = await running;
  expect([report.incomplete, idsOf(report)]).toEqual(["stopped", ["WSO050"]]);
  expect(report.steps.at(-1)?.outcome).toBe("skipped");
});

test.concurrent("a narrower opening is not told where the wider one was not tried in time", async () => {
  const controller = new AbortController();
  const seen = new EventEmitter();
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    const [, origin = "none"] = /Origin: (\S+)/.exec(request) ?? [];
    const isTried = request.includes("Version: 13") && (origin === "null" || origin === page);
    if (!request.includes("Upgrade: websocket")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    // The other site's page gets no answer in time.
    else if (origin !== "https://evil.invalid") socket.write(accepted);
    if (isTried) socket.once("close", () => seen.emit(origin));
  });
  const running = diagnose(`ws://localhost:${port}/ws`, [], controller.signal);
  await Promise.all([once(seen, "null"), once(seen, page)]);
  controller.abort();
  const report = await running;
  expect([report.incomplete, idsOf(report)]).toEqual(["stopped", []]);
  expect(report.steps.map(({ name }) => name)).toContain("null");
});

test.concurrent("at most four connections are in use at the same time, and the page's socket holds up no other request", async () => {
  const held: (() => void)[] = [];
  let [inUse, most, requests] = [0, 0, 0];
  let isPageOpen = false;
  let whilePageOpen = 0;
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    requests++;
    most = Math.max(most, ++inUse);
    if (isPageOpen) whilePageOpen++;
    const end = (answer: string): void => {
      inUse--;
      socket.end(answer);
    };
    if (!request.includes("Upgrade: websocket")) return end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    if (/Origin: https:\/\/app\.example\.com\r[^]*Authorization/.test(request) && !request.includes("Version: 99")) {
      isPageOpen = true;
      socket.write(accepted);
      return void socket.once("close", () => {
        isPageOpen = false;
        inUse--;
      });
    }
    held.push(() => end(refused));
    // Held until four are in use, and for a moment more, in which others would arrive if there were no limit.
    if (requests === 13) for (const release of held.splice(0)) release();
    else if (inUse >= 4) setTimeout(() => held.shift()?.(), 100);
    return undefined;
  });
  const report = await diagnose(`ws://localhost:${port}/ws`, ["--cookie", "sid=1", "--token", "abcd1234"]);
  expect(idsOf(report)).toEqual([]);
  expect(requests).toBe(13);
  expect(most).toBe(4);
  expect(whilePageOpen).toBeGreaterThan(0);
});

test.concurrent("what a limit refuses is asked again once, and the first answer is shown", async () => {
  let asked = 0;
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    if (!request.includes("Upgrade: websocket")) socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else if (request.includes("Origin: https://evil.invalid") && asked++ === 0)
      socket.end("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
    else if (/Origin: https:\/\/(?:app\.example\.com|evil\.invalid)\r/.test(request)) socket.write(accepted);
    else socket.end(refused);
  });
  const report = await diagnose(`ws://localhost:${port}/ws`);
  expect(asked).toBe(2);
  expect(idsOf(report)).toEqual(["WSO050"]);
  expect(report.steps.find(({ name }) => name === "evil")?.detail).toContain(
    "; at first HTTP/1.1 429 Too Many Requests",
  );
});

test.concurrent("a limit that refuses the page's handshake, and takes it a moment later, is a warning", async () => {
  let asked = 0;
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    const isPage = /Origin: https:\/\/app\.example\.com\r/.test(request) && !request.includes("Version: 99");
    if (!request.includes("Upgrade: websocket")) socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else if (!isPage) socket.end(refused);
    else if (asked++ === 0) socket.end("HTTP/1.1 503 Service Temporarily Unavailable\r\nContent-Length: 0\r\n\r\n");
    else socket.write(accepted);
  });
  const { findings } = await diagnose(`ws://localhost:${port}/ws`);
  expect(findings.map(({ rule, severity }) => [rule.id, severity])).toEqual([["WSO032", "warning"]]);
});

test.concurrent("Engine.IO's heartbeat, which wants messages, is not an idle cut", async () => {
  const port = await answering((request, socket) => {
    socket.on("error", () => {});
    if (!/Origin: https:\/\/app\.example\.com\r/.test(request) || request.includes("Version: 99"))
      return socket.end(refused);
    const text = '0{"sid":"x","upgrades":[],"pingInterval":2000,"pingTimeout":1500,"maxPayload":1000000}';
    socket.write(Buffer.concat([Buffer.from(accepted), Buffer.from([0x81, text.length]), Buffer.from(text)]));
    setTimeout(() => socket.end(Buffer.from([0x88, 0])), 3500);
    return undefined;
  });
  const report = await diagnose(`ws://localhost:${port}/socket.io/?EIO=4&transport=websocket`, ["--idle", "10"]);
  expect(idsOf(report)).toEqual([]);
  expect(report.steps.find(({ name }) => name === "idle")?.detail).toContain("Engine.IO ended it");
});

const secrets = [
  ["cookie", ["--cookie", "theme=dark; sid=s3cr3tC00kie"], "s3cr3tC00kie"],
  ["token", ["--token", "s3cr3tT0ken"], "s3cr3tT0ken"],
  ["token in the query", ["--token", "s3cr3t/T0ken+", "--token-query", "t"], "s3cr3t"],
  ["token as a subprotocol", ["--token", "s3cr3tT0ken", "--token-protocol"], "s3cr3tT0ken"],
  ["header", ["--header", "X-Api-Key: s3cr3tKey"], "s3cr3tKey"],
] as const;

test.concurrent.for(secrets)("what a server repeats of the %s is in no output", async ([, args, secret]) => {
  const echo = (head: string): string => head.replaceAll(/\s+/g, " ");
  const port = await answering((request, socket) => {
    const said = echo(request);
    socket.end(
      `HTTP/1.1 403 ${said}\r\nServer: nginx/${said}\r\nLocation: /login?next=${said}\r\nWWW-Authenticate: ${said}\r\nContent-Type: text/plain\r\n\r\n${said.slice(0, 110)}${said}`,
    );
  });
  const url = `ws://localhost:${port}/ws?room=r00m-s3cr3t&code=s3cr3t%2Fquery`;
  for (const format of ["text", "markdown", "github", "json", "sarif"]) {
    let all = "";
    const add = (text: string): void => void (all += text);
    await runCli(["doctor", url, "--format", format, "--origin", page, ...args], {
      ...environment(),
      out: add,
      err: add,
      showsProgress: true,
    });
    expect(all).toContain("[redacted]");
    expect(all).not.toContain(secret);
    expect(all).not.toMatch(/r00m|s3cr3t/);
  }
});

test.concurrent("what a server repeats in a close frame is in no output", async () => {
  const port = await backends.accepting({}, (socket) => socket.close(1008, "bad token s3cr3tT0ken"));
  const report = await diagnose(`ws://localhost:${port}/ws?token=s3cr3tT0ken`);
  expect(idsOf(report)).toContain("WSO043");
  expect(JSON.stringify(report)).not.toContain("s3cr3t");
});

test.concurrent("words of the query are not taken out of sentences", async () => {
  const port = await backends.saying(
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 29\r\n\r\nnot a websocket or a general x",
  );
  const report = await diagnose(`ws://localhost:${port}/ws?transport=websocket&room=general&n=1`);
  expect(JSON.stringify(report)).toContain("not a websocket or a general");
});

function environment() {
  return {
    out: () => {},
    err: () => {},
    stdin: async () => "",
    env: { LANG: "C.UTF-8" },
    isTTY: false,
    showsProgress: false,
    columns: 40,
    cwd: ".",
    signal: new AbortController().signal,
  };
}

/** What a terminal shows on its last line after all this was written. */
const lastLine = (written: string): string => written.slice(written.lastIndexOf("\u001b[2K") + 4);

test("on a terminal one line says what is being tried, and is gone at the end", async () => {
  const port = await backends.saying(refused);
  const url = `ws://localhost:${port}/ws`;
  let [out, err] = ["", ""];
  const around = {
    ...environment(),
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  };
  await runCli(["doctor", url], { ...around, showsProgress: true });
  expect(err).toContain(`\r\u001b[2Kconnecting to localhost:${port}`);
  expect(err).toContain("Origin null");
  expect(lastLine(err)).toBe("");
  expect(err).not.toContain("\n");
  for (const line of err.split("\r\u001b[2K")) expect(line.length).toBeLessThan(40);
  expect(out).not.toContain("\u001b[2K");

  err = "";
  await runCli(["doctor", url], { ...around, showsProgress: true, env: { CI: "true" } });
  await runCli(["doctor", url], { ...around, showsProgress: true, env: { TERM: "dumb" } });
  await runCli(["doctor", url], { ...around, showsProgress: false });
  expect(err).toBe("");
});

test("the line of progress is gone before an error is written", async () => {
  let err = "";
  const around = { ...environment(), err: (text: string) => void (err += text), showsProgress: true };
  await runCli(["doctor", `ws://localhost:${await freePort()}/`, "--ca", "/nowhere/at/all.pem"], around);
  expect(err).not.toContain("\u001b[2K");
  const port = await backends.tcp(() => {});
  await runCli(["doctor", `ws://localhost:${port}/`, "--timeout", "0.3"], around);
  expect(lastLine(err)).toMatch(/^It took more than 0\.3 seconds\./);
});
