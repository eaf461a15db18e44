import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { bodyTaker, type ResponseHead, takeHead } from "../../client/response.ts";
import type { FuzzResponse } from "../oracle/refusal.ts";
import { isGateRefusal } from "../oracle/refusal.ts";
import type { FuzzTarget } from "../target.ts";
import { bytesOfHttp1 } from "./build.ts";
import type { Http1Conversation } from "./change.ts";

/** What came back over one connection. */
export interface Http1Outcome {
  readonly responses: readonly FuzzResponse[];
  readonly opened: boolean;
  /** Whether the open socket answered a frame; `undefined` where it was not asked. */
  readonly echoed: boolean | undefined;
  readonly closed: boolean;
  /** Neither the answers nor the end of the connection came in time. */
  readonly timedOut: boolean;
}

export interface Http1Wait {
  /** Milliseconds until the client gives up. */
  readonly patience: number;
  /** Milliseconds to wait for more, once the answers that are due have come; `undefined` where every message is answered. */
  readonly silence: number | undefined;
  /** How many answers are due. */
  readonly due: number;
  /** Asks an open socket for an answer. */
  readonly echo: boolean;
  /** What the client says first on an open socket. */
  readonly first: string | undefined;
}

/** A masked ping with the mask 0: what comes back holds its text, from `ws` as a pong and from an echo as it was. */
const probe = Buffer.from("\x89\x86\0\0\0\0probe!", "latin1");

/** A masked text frame with the mask 0. */
function textFrame(text: string): Buffer {
  return Buffer.from(`\x81${String.fromCharCode(128 + text.length)}\0\0\0\0${text}`, "latin1");
}

/** Sends a conversation and reads what comes, until everything is answered or the connection ends. */
export async function sendHttp1(
  target: FuzzTarget,
  conversation: Http1Conversation,
  wait: Http1Wait,
): Promise<Http1Outcome> {
  const socket = connect({
    host: "127.0.0.1",
    port: target.port,
    localAddress: target.from,
    allowHalfOpen: true,
    noDelay: true,
  });
  const stream = target.tls ? connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] }) : socket;
  const reader = new Reader(conversation);
  const outcome = new Promise<Http1Outcome>((resolve) => {
    let asked = false;
    const finish = (timedOut: boolean): void => {
      clearTimeout(timer);
      resolve({
        ...reader.outcome(),
        echoed: asked ? (wait.echo ? reader.hasEcho() : reader.hasClose()) : undefined,
        closed: stream.destroyed || ended,
        timedOut,
      });
      stream.destroy();
      socket.destroy();
    };
    let ended = false;
    let timer = setTimeout(() => finish(true), wait.patience);
    const listen = (): void => {
      // An open socket that was asked must answer, however slow the machine is.
      if (wait.silence === undefined || asked || reader.answers < wait.due) return;
      clearTimeout(timer);
      timer = setTimeout(() => finish(true), wait.silence);
    };
    const over = (): void => {
      ended = true;
      reader.end();
      finish(false);
    };
    stream.on("data", (chunk: Buffer) => {
      reader.read(chunk);
      if (conversation.ending.how === "reset-on-answer") {
        socket.resetAndDestroy();
        return over();
      }
      const says = [...(wait.first === undefined ? [] : [textFrame(wait.first)]), ...(wait.echo ? [probe] : [])];
      if (reader.opened && says.length > 0 && !asked) {
        asked = true;
        stream.write(Buffer.concat(says));
      }
      const isOver = wait.echo ? reader.hasEcho() : wait.first === undefined || reader.hasClose();
      if (reader.opened ? isOver : reader.isAnswered()) finish(false);
      else listen();
    });
    stream.once(target.tls ? "secureConnect" : "connect", () => void write(socket, stream, conversation).then(listen));
    stream.on("error", over);
    socket.on("error", over);
    stream.on("end", over);
    stream.on("close", over);
    socket.on("close", over);
  });
  return outcome;
}

async function write(socket: Socket, stream: Socket, conversation: Http1Conversation): Promise<void> {
  const bytes = bytesOfHttp1(conversation);
  const { segment = Math.max(1, bytes.length), ending } = conversation;
  for (let at = 0; at < bytes.length; at += segment) {
    if (!stream.writable) return;
    stream.write(bytes.subarray(at, at + segment));
    if (at + segment < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
  const how = ending.how === "cut" ? ending.leave : ending.how;
  if (how === "fin") stream.end();
  if (how === "reset") setImmediate(() => socket.resetAndDestroy());
}

/** Takes responses off the bytes of a connection. */
class Reader {
  readonly #conversation: Http1Conversation;
  readonly #responses: FuzzResponse[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #head: ResponseHead | undefined;
  opened = false;

  constructor(conversation: Http1Conversation) {
    this.#conversation = conversation;
  }

  read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (!this.opened && this.#next());
  }

  /** The end of the connection is the end of a body without a length. */
  end(): void {
    if (this.#head !== undefined) this.#add(this.#head, this.#rest.toString("latin1"));
  }

  get answers(): number {
    return this.#responses.length;
  }

  hasEcho(): boolean {
    return this.#rest.includes("probe!");
  }

  /** Whether the server has closed the open socket with a close frame. */
  hasClose(): boolean {
    return this.#rest[0] === 0x88;
  }

  /** Whether every message is answered. A refusal is so once the connection has ended. */
  isAnswered(): boolean {
    return (
      this.#responses.length >= this.#conversation.messages.length &&
      !this.#responses.some((each) => isGateRefusal(each))
    );
  }

  outcome(): Pick<Http1Outcome, "responses" | "opened"> {
    return { responses: this.#responses, opened: this.opened };
  }

  #next(): boolean {
    const head = (this.#head ??= this.#take(takeHead(this.#rest)));
    if (head === undefined) return false;
    this.opened = head.status === 101;
    if (head.status >= 100 && head.status < 200) {
      this.#head = undefined;
      if (this.opened) this.#responses.push({ ...head, body: "" });
      return true;
    }
    // An answer to HEAD has no body, except where it was written without knowing the method.
    const method =
      this.#conversation.messages[this.#responses.length]?.method === "HEAD" && !isGateRefusal({ ...head, body: "" })
        ? "HEAD"
        : "GET";
    const taker = bodyTaker(head, method);
    const body = taker === undefined ? undefined : this.#take(taker(this.#rest));
    if (body === undefined) return false;
    this.#add(head, body.toString("latin1"));
    return true;
  }

  #take<T>(taken: { readonly value: T; readonly length: number } | undefined): T | undefined {
    if (taken === undefined) return undefined;
    this.#rest = this.#rest.subarray(taken.length);
    return taken.value;
  }

  #add({ status, statusLine, headers }: ResponseHead, body: string): void {
    this.#head = undefined;
    this.#responses.push({ status, statusLine, headers, body });
  }
}
