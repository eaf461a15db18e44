import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, rootCertificates, type TLSSocket } from "node:tls";
import { type CloseFrame, frameReader } from "./frames.ts";

/** Where to connect to. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Whether to go on with a certificate that does not verify: what is wrong with it has been told by then. */
  readonly trustAnything: boolean;
  /** Authorities to trust beside those of Node.js, as PEM. */
  readonly ca?: string | undefined;
  /** What is offered by ALPN. */
  readonly alpn?: readonly string[];
}

/** What came back for a request. Lengths are bounded: a server may send for ever. */
export interface Reply {
  /** `undefined` where no HTTP answer came. */
  readonly status: number | undefined;
  readonly statusLine: string;
  /** In order, with their case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The beginning of the body, or of what came instead of an answer; after a 101 what came in the tunnel. */
  readonly body: Buffer;
  /** How the connection stood when the reading ended. */
  readonly end: "open" | "fin" | "reset" | "timeout";
  /** The close frame that came after a 101. */
  readonly close?: CloseFrame | undefined;
  /** From the request to the answer's head, or to the end, in milliseconds. */
  readonly ms: number;
  /** How long the connection stayed open after a 101, in milliseconds. */
  readonly openFor?: number | undefined;
  /** What the connection failed with, where there was none. */
  readonly error: string | undefined;
}

export interface ExchangeOptions {
  /** How long to wait for the answer once the request is sent, in milliseconds. */
  readonly patience: number;
  /** How long to read on after a 101, in milliseconds. Pings are answered meanwhile. */
  readonly settle: number;
  /** Called when the head of an answer has come. */
  readonly onHead?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** How long to wait for a connection, in milliseconds. */
export const connectPatience = 8000;
const longestHead = 64 * 1024;
const longestBody = 16 * 1024;
/** How long a body that does not say its length may pause, in milliseconds. */
const quiet = 300;

/** Sends one request on a connection of its own, and reads what comes. Never rejects; leaves nothing open. */
export async function exchange(to: Destination, request: string, options: ExchangeOptions): Promise<Reply> {
  const started = performance.now();
  let socket: Socket;
  try {
    socket = await open(to, connectPatience, options.signal);
  } catch (error) {
    return noReply(error instanceof Error ? error.message : String(error), performance.now() - started);
  }
  try {
    return await read(socket, request, options);
  } finally {
    socket.destroy();
  }
}

/** An open connection. Rejects with the system's error. */
export function open(to: Destination, patience: number, signal: AbortSignal): Promise<Socket | TLSSocket> {
  return new Promise((resolve, reject) => {
    const { host, port, tls, trustAnything, ca, alpn = ["http/1.1"] } = to;
    const socket = tls
      ? connectTls({
          host,
          port,
          ALPNProtocols: [...alpn],
          rejectUnauthorized: !trustAnything,
          ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
          ...(isName(host) && { servername: host }),
        })
      : connectTcp({ host, port });
    const end = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      socket.off("error", end);
      if (error === undefined) return resolve(socket);
      socket.on("error", ignore);
      socket.destroy();
      reject(error);
    };
    const abort = (): void => end(new Error("Interrupted."));
    const timer = setTimeout(
      () => end(Object.assign(new Error("It did not connect in time."), { code: "ETIMEDOUT" })),
      patience,
    );
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) return abort();
    socket.once("error", end);
    socket.once(tls ? "secureConnect" : "connect", () => end());
  });
}

function read(
  socket: Socket,
  request: string,
  { patience, settle, signal, onHead = ignore }: ExchangeOptions,
): Promise<Reply> {
  return new Promise((resolve) => {
    const started = performance.now();
    let bytes = Buffer.alloc(0);
    let head: Head | undefined;
    let headAt = 0;
    const frames = frameReader((pong) => void (socket.writable && socket.write(pong)));
    let timer = setTimeout(() => finish("timeout"), patience);
    const finish = (end: Reply["end"]): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      socket.removeAllListeners();
      socket.on("error", ignore);
      const after = head === undefined ? bytes : bytes.subarray(head.length);
      resolve({
        status: head?.status,
        statusLine: head?.statusLine ?? "",
        headers: head?.headers ?? [],
        body: Buffer.from(dechunked(head, after).subarray(0, longestBody)),
        end: head !== undefined && end === "timeout" ? "open" : end,
        close: frames.close,
        ms: (headAt === 0 ? performance.now() : headAt) - started,
        openFor: head?.status === 101 ? performance.now() - headAt : undefined,
        error: undefined,
      });
    };
    const abort = (): void => finish("timeout");
    const wait = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish("timeout"), ms);
    };
    socket.on("data", (chunk) => {
      if (bytes.length < longestHead + longestBody) bytes = Buffer.concat([bytes, chunk]);
      if (head === undefined) {
        head = readHead(bytes);
        if (head === undefined) return;
        headAt = performance.now();
        onHead();
        if (head.status === 101) {
          wait(settle);
          return frames.push(bytes.subarray(head.length));
        }
      } else if (head.status === 101) return frames.push(chunk);
      if (isComplete(head, bytes.subarray(head.length))) finish("open");
      else wait(quiet);
    });
    socket.once("end", () => finish("fin"));
    socket.once("error", () => finish("reset"));
    socket.once("close", () => finish("fin"));
    signal.addEventListener("abort", abort, { once: true });
    socket.write(request, "latin1");
  });
}

interface Head {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: Reply["headers"];
  /** In bytes, with the empty line. */
  readonly length: number;
}

function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return undefined;
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), statusLine, headers, length: end + 4 };
}

function isComplete(head: Head, body: Buffer): boolean {
  if (head.status === 204 || head.status === 304) return true;
  const length = headerOf(head, "content-length");
  if (length !== undefined) return body.length >= Math.min(Number(length), longestBody);
  return /chunked/i.test(headerOf(head, "transfer-encoding") ?? "") && body.includes("0\r\n\r\n");
}

/** A body without the lengths of its chunks; as it is, where they make no sense. */
function dechunked(head: Head | undefined, body: Buffer): Buffer {
  if (head === undefined || !/chunked/i.test(headerOf(head, "transfer-encoding") ?? "")) return body;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.indexOf("\r\n", at);
    const size = line < 0 ? Number.NaN : Number.parseInt(body.subarray(at, line).toString("latin1"), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

/** The value of a header, whatever its case; several lines joined. */
export function headerOf({ headers }: Pick<Reply, "headers">, name: string): string | undefined {
  const values = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function noReply(error: string, ms: number): Reply {
  return { status: undefined, statusLine: "", headers: [], body: Buffer.alloc(0), end: "reset", ms, error };
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

function ignore(): void {}
