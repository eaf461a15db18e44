import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { FuzzTarget } from "../target.ts";
import { bytesOfStream, idOf } from "./build.ts";
import type { Http2Conversation } from "./change.ts";
import { flags, type Frame, frame, number, opening, statusOf, takeFrames, types } from "./frames.ts";

/** What came back on one stream. */
export interface Http2Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly ended: boolean;
  readonly reset: boolean;
}

type Coming = { -readonly [Key in keyof Http2Answer]: Http2Answer[Key] };

export interface Http2Outcome {
  readonly answers: readonly Http2Answer[];
  /** The connection ended, or the server said that it will (GOAWAY). */
  readonly closed: boolean;
  readonly timedOut: boolean;
}

export interface Http2Wait {
  /** Milliseconds until the client gives up. */
  readonly patience: number;
  /** Milliseconds to wait for the other streams, once those that are due are answered. */
  readonly silence: number;
  /** Whether a stream must be answered. */
  readonly isDue: (index: number) => boolean;
  /** Whether a stream with this status is an open socket, and not to end. */
  readonly isOpen: (index: number, status: number) => boolean;
}

/** Long enough for a handshake to be handed on, short enough to come before the gate gives up on it. */
const pause = 30;

/** Sends a conversation over one HTTP/2 connection, and reads until every stream is answered or the connection ends. */
export async function sendHttp2(
  target: FuzzTarget,
  conversation: Http2Conversation,
  wait: Http2Wait,
): Promise<Http2Outcome> {
  const { streams, ending } = conversation;
  const socket = connect({
    host: "127.0.0.1",
    port: target.port,
    localAddress: target.from,
    allowHalfOpen: true,
    noDelay: true,
  });
  const stream = target.tls ? connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ["h2"] }) : socket;
  const answers = streams.map((): Coming => ({ status: undefined, body: "", ended: false, reset: false }));
  const outcome = new Promise<Http2Outcome>((resolve) => {
    let rest: Buffer = Buffer.alloc(0);
    let closed = false;
    const finish = (timedOut: boolean): void => {
      clearTimeout(timer);
      resolve({ answers, closed: closed || stream.destroyed, timedOut });
      stream.destroy();
      socket.destroy();
    };
    const over = (): void => {
      closed = true;
      finish(false);
    };
    let timer = setTimeout(() => finish(true), wait.patience);
    const check = (): void => {
      const open = answers.flatMap((_answer, index) => (isDone(index) ? [] : [index]));
      if (open.length === 0) return finish(false);
      if (open.some(wait.isDue)) return;
      clearTimeout(timer);
      timer = setTimeout(() => finish(true), wait.silence);
    };
    const read = ({ type, flags: flag, stream: id, payload }: Frame): void => {
      if (type === types.settings && (flag & flags.ack) === 0) stream.write(frame(types.settings, flags.ack, 0));
      if (type === types.goaway) closed = true;
      const index = (id - 1) / 2;
      const answer = answers[index];
      if (id === 0 || answer === undefined) return;
      if (type === types.headers) answer.status ??= statusOf(payload);
      if (type === types.data) answer.body += payload.toString("latin1");
      if (type === types.reset) answer.reset = true;
      if ((type === types.data || type === types.headers) && (flag & flags.endStream) !== 0) answer.ended = true;
      const reset = streams[index]?.reset;
      if (type === types.headers && reset?.when === "after-answer")
        stream.write(frame(types.reset, 0, id, number(reset.code)));
    };
    const isDone = (index: number): boolean => {
      const { status, ended, reset } = answers[index] ?? { status: 0, ended: true, reset: true };
      if (reset || (status !== undefined && ended)) return true;
      return status !== undefined && (wait.isOpen(index, status) || streams[index]?.reset !== undefined);
    };
    stream.on("data", (chunk: Buffer) => {
      const taken = takeFrames(Buffer.concat([rest, chunk]));
      rest = taken.rest;
      for (const each of taken.frames) read(each);
      check();
    });
    stream.on("error", over);
    socket.on("error", over);
    stream.on("end", over);
    stream.on("close", over);
    socket.on("close", over);
  });
  stream.once(target.tls ? "secureConnect" : "connect", () => {
    stream.write(Buffer.concat([opening(), ...streams.map((each, index) => bytesOfStream(each, idOf(index)))]));
    for (const [index, { reset }] of streams.entries()) {
      if (reset?.when !== "while-waiting") continue;
      setTimeout(() => stream.writable && stream.write(frame(types.reset, 0, idOf(index), number(reset.code))), pause);
    }
    leave(socket, stream, ending);
  });
  return outcome;
}

function leave(socket: Socket, stream: Socket, ending: Http2Conversation["ending"]): void {
  if (ending === "fin") stream.end();
  if (ending === "reset") setImmediate(() => socket.resetAndDestroy());
  if (ending === "goaway") stream.write(frame(types.goaway, 0, 0, Buffer.concat([number(0), number(0)])));
}
