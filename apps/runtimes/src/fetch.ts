import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { refusalOf } from "@wsorigin/core/gate";
import {
  handshake,
  type HandshakeRequest,
  hostCaseOrigin,
  hostCases,
  isSecureCase,
  originCases,
  verdictOf,
  wireBytes,
} from "@wsorigin/testing";
import { root } from "./workspace.ts";

/** How many handshakes are sent at the same time. */
const lanes = 32;

/** Sends the corpus to `upgradeGuard` on a runtime. Returns what was wrong, and how much was sent. */
export async function fetchProblems(
  kind: "bun" | "deno",
  program: string,
  args: readonly string[],
): Promise<{ readonly rows: number; readonly problems: readonly string[] }> {
  const server = spawn(program, [...args, resolve(root, "apps/runtimes/smoke/fetch.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const port = await portOf(server.stdout);
    const problems: string[] = [];
    // Deno ends a line at a bare LF, as RFC 9112 section 2.2 allows: what it delivers is then another Origin, and a page cannot send it.
    const rows = rowsOfCorpus().filter(({ hasLineFeed }) => kind !== "deno" || !hasLineFeed);
    const waiting = [...rows];
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const answer = await handshake({ port }, row.request);
        answer.frames?.destroy();
        const verdict = answer.status === 101 ? "allow" : "deny";
        if (verdict !== row.verdict) problems.push(`${row.why}: ${verdict}, with status ${answer.status}`);
        if (answer.status === 500) problems.push(`${row.why}: the guard threw`);
      }
    };
    // Side by side, because a connection that a refusal leaves open is watched for a while.
    await Promise.all(Array.from({ length: lanes }, work));
    return { rows: rows.length, problems: [...problems, ...(await shapeProblems(port))] };
  } finally {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  }
}

async function portOf(output: NodeJS.ReadableStream): Promise<number> {
  let text = "";
  for await (const chunk of output) {
    text += String(chunk);
    const port = /listening on (\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The server ended: ${text}`);
}

interface Row {
  readonly why: string;
  readonly verdict: "allow" | "deny";
  readonly hasLineFeed: boolean;
  readonly request: HandshakeRequest;
}

function rowsOfCorpus(): readonly Row[] {
  const origins = originCases.map((row, index) => ({
    row,
    why: row.why,
    verdict: row.wire ?? verdictOf(row),
    hasLineFeed: String(row.origin).includes("\n"),
    request: {
      path: `/${index}`,
      hostHeader: row.policy.host ?? "api.example",
      headers: linesOf("Origin", row.origin),
    },
  }));
  const hosts = hostCases.map((row, index) => ({
    why: row.why,
    verdict: verdictOf(row),
    hasLineFeed: String(row.host).includes("\n"),
    request: {
      path: `/${originCases.length + index}`,
      origin: hostCaseOrigin,
      hostHeader: null,
      headers: linesOf("Host", row.host),
    },
  }));
  // The servers have no certificate, so that the page of an https: origin is not their own.
  return [...origins.filter(({ row }) => row.policy.sameOrigin !== true || !isSecureCase(row)), ...hosts];
}

function linesOf(name: string, value: string | null | readonly string[]): readonly Uint8Array[] {
  const values = value === null ? [] : [value].flat();
  return values.map((text) => Buffer.concat([Buffer.from(`${name}: `), wireBytes(text)]));
}

/** Whether tokens are echoed, and refusals are the gate's. */
async function shapeProblems(port: number): Promise<readonly string[]> {
  const origin = "https://app.example";
  const ask = async (protocols: string, more: HandshakeRequest = {}) => {
    const headers = [["Sec-WebSocket-Protocol", protocols] as const, ...(more.headers ?? [])];
    const answer = await handshake({ port }, { path: "/bearer", origin, ...more, headers });
    answer.frames?.destroy();
    return answer;
  };
  const chosen = [await ask("bearer.SECRET, chat.v1"), await ask("other, bearer.SECRET")];
  const echoes = chosen.map((answer) => `${answer.status} ${answer.header("sec-websocket-protocol")}`);
  const problems =
    echoes.join() === "101 chat.v1,101 undefined" ? [] : [`the subprotocols are answered with ${echoes.join()}`];
  const refused = [
    await ask("chat.v1"),
    await ask("bearer.SECRET, chat.v1", { origin: "https://evil.test" }),
    await ask("bearer.SECRET, chat.v1", {
      omit: ["sec-websocket-version"],
      headers: [["Sec-WebSocket-Version", "12"]],
    }),
    await ask("chat.v1, chat.v1"),
  ];
  for (const [index, status] of ([401, 403, 426, 400] as const).entries()) {
    const answer = refused[index];
    const { body, headers } = refusalOf(status);
    const lacking = headers.filter(([name, value]) => answer?.header(name) !== value).map(([name]) => name);
    if (answer?.status !== status || answer.body !== body || lacking.length > 0)
      problems.push(`the refusal ${status} has status ${answer?.status}, lacks ${lacking.join() || "nothing"}`);
  }
  return problems;
}
