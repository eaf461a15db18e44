import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../src/cli.ts";
import * as backends from "./backends.ts";

/** Clears a screen, sets a title, does the same by C1, deletes, and turns the reading direction. */
const attack = "\u001b[2J\u001b]0;x\u0007\u009b2J\u007f\u202e\u2066\u2028";
/** Of it, what one byte a character can carry. */
const narrow = "\u001b[2J\u001b]0;x\u0007\u009b2J\u007f";

const formats = ["text", "markdown", "github", "json", "sarif"] as const;

/** Everything that the program writes, on both streams; text is coloured, as on a terminal. */
async function written(args: readonly string[], stdin = ""): Promise<string> {
  let all = "";
  const add = (text: string): void => void (all += text);
  await runCli(args, {
    out: add,
    err: add,
    stdin: async () => stdin,
    env: { LANG: "C.UTF-8", FORCE_COLOR: "1" },
    isTTY: true,
    showsProgress: true,
    columns: 100,
    cwd: ".",
    signal: new AbortController().signal,
  });
  return all;
}

/** Fails where a character other than the program's own colours, progress and line ends could control a terminal or hide text. */
function expectHarmless(text: string): void {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replaceAll(/\r\u001b\[2K|\u001b\[\d{1,2}m/g, "");
  // oxlint-disable-next-line no-control-regex
  expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
}

/** Refuses everything by hand, so that every line is the server's to choose. */
function refusing(): Promise<number> {
  return backends.tcp(
    (socket) =>
      void socket.once("data", () =>
        socket.end(
          Buffer.from(
            `HTTP/1.1 403 ${narrow}Forbidden\r\nServer: nginx/1.2${narrow}\r\nLocation: /${narrow}\r\nContent-Length: ${narrow.length}\r\n\r\n${narrow}`,
            "latin1",
          ),
        ),
      ),
  );
}

/** Accepts, and closes at once with a reason. */
function closing(): Promise<number> {
  const reason = Buffer.concat([Buffer.from([0x03, 0xf0]), Buffer.from(attack)]);
  const answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  return backends.tcp(
    (socket) =>
      void socket.once("data", () =>
        socket.write(Buffer.concat([Buffer.from(answer), Buffer.from([0x88, reason.length]), reason])),
      ),
  );
}

test.concurrent.for(formats)("--format %s: a status line, a Server header and a body", async (format) => {
  const text = await written(["doctor", `ws://localhost:${await refusing()}/ws`, "--format", format]);
  expect(text).toContain("403 \\u001b[2J");
  expectHarmless(text);
});

test.concurrent.for(formats)("--format %s: a close reason", async (format) => {
  const text = await written(["doctor", `ws://localhost:${await closing()}/ws`, "--format", format]);
  expect(text).toContain("1008");
  expect(text).toContain("u202e");
  expectHarmless(text);
});

test.for(formats)("--format %s: the name and the text of a file", async (format) => {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, `a${attack}.js`),
    `import { WebSocketServer } from "ws";\nnew WebSocketServer({ port: 1 /*${attack}*/ }).on("connection", () => {}); // ${attack}\n`,
  );
  const text = await written(["audit", folder, "--format", format]);
  expect(text).toContain("WSO2");
  expectHarmless(text);
});

test.for(formats)("--format %s: a text that is explained", async (format) => {
  for (const args of [["explain", `closed with ${attack} 1006 ${attack}`], ["explain"]]) {
    const text = await written([...args, "--format", format], `WebSocket connection to 'wss://a/${attack}' failed: `);
    expect(text).toContain("WSO3");
    expectHarmless(text);
  }
});

test.for(formats)("--format %s: a configuration of nginx", async (format) => {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-nginx-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, `nginx${attack}.conf`);
  await writeFile(
    file,
    `server { location /ws { proxy_pass http://"b${attack}"; proxy_set_header Upgrade "${attack}"; }`,
  );
  const text = await written(["proxy", "--check", file, "--format", format]);
  expect(text).toContain("WSO1");
  expectHarmless(text);
});

test.for([
  ["doctor", `ws://${attack}`],
  ["doctor", "ws://a.example", `--${attack}`],
  ["doctor", "ws://a.example", "--dry-run", "--header", `X: ${narrow}`],
  ["doctor", "ws://a.example", "--ca", `/nowhere/${attack}`],
  ["audit", `/nowhere/${attack}`],
  ["proxy", attack],
  ["proxy", "--check", `/nowhere/${attack}`],
  ["proxy", "nginx", "--path", `/${attack}`],
  [attack],
  ["--format", attack],
  ["--explain", attack],
])("arguments that it quotes, row %#", async (args) => {
  const text = await written(args);
  expect(text).not.toBe("");
  expectHarmless(text);
});
