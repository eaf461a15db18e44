import { headerOf, type Reply } from "./exchange.ts";

/** What came, in a few words. */
export function wordsOf(reply: Reply): string {
  const { status, statusLine, end, ms, error } = reply;
  if (error !== undefined) return error;
  const time = `${Math.round(ms)} ms`;
  if (status === undefined) {
    const came = reply.body.length > 0 ? "bytes that are no HTTP, then " : "";
    return `${came}${end === "timeout" ? `no answer in ${time}` : end === "reset" ? `a reset after ${time}` : `the end after ${time}`}`;
  }
  const server = headerOf(reply, "server");
  const frame = status === 101 ? reply.close : undefined;
  const closed =
    frame === undefined
      ? status === 101 && end !== "open"
        ? ", then the end"
        : ""
      : `, then close ${frame.code ?? "without a code"}`;
  return `${statusLine}${server === undefined ? "" : ` (${server})`}${closed}, ${time}`;
}

export function refused(reply: Reply | undefined): reply is Reply {
  return reply?.status !== undefined && reply.status !== 101;
}

export function silent(reply: Reply | undefined): reply is Reply {
  return reply !== undefined && reply.status === undefined;
}

/** Ended without an answer, and not by waiting too long: `socket.destroy()` of a handler, or a proxy that drops it. */
export function dropped(reply: Reply | undefined): reply is Reply {
  return silent(reply) && reply.end !== "timeout" && reply.error === undefined && reply.body.length === 0;
}

/** Whether a socket is really open: accepted, and not closed again at once. A server that waited for a first message had opened it. */
export function opened(reply: Reply | undefined): boolean {
  if (reply?.status !== 101) return false;
  return waitedForMessage(reply) || (reply.end === "open" && reply.close === undefined);
}

/** 4408 is the close code of graphql-ws, wsorigin and others for a first message that did not come. The doctor sends none. */
export function waitedForMessage({ close }: Pick<Reply, "close">): boolean {
  return close?.code === 4408;
}

/** Whether the answer to version 99 is a WebSocket server's: nobody else complains about a version. */
export function knowsVersion(reply: Reply | undefined): boolean {
  if (reply?.status === undefined) return false;
  return (
    ((reply.status === 400 || reply.status === 426) && headerOf(reply, "sec-websocket-version") !== undefined) ||
    /(?:websocket|unsupported) version|Sec-WebSocket-Version|version 99/i.test(`${reply.statusLine} ${textOf(reply)}`)
  );
}

/** Whether two requests got the same answer: the same status, and a body of the same kind. */
export function alike(one: Reply, other: Reply): boolean {
  return (
    one.status === other.status &&
    (sameBody(one, other) || headerOf(one, "content-type") === headerOf(other, "content-type"))
  );
}

function sameBody(one: Reply, other: Reply): boolean {
  return textOf(one).slice(0, 200) === textOf(other).slice(0, 200);
}

/** Whether a proxy answered by itself: with an error page of its own, a file, or Caddy's nothing. Then the request went no further. */
export function ownAnswer(reply: Reply): boolean {
  const isFile = reply.status === 200 && headerOf(reply, "last-modified") !== undefined;
  const isNothing = reply.status === 200 && reply.body.length === 0 && headerOf(reply, "server") === "Caddy";
  return (
    isFile ||
    isNothing ||
    /<center>nginx|<address>Apache|Guru Meditation|No server is available to handle/.test(textOf(reply))
  );
}

export function textOf(reply: Reply): string {
  return reply.body.toString("utf8");
}

export function lines(reply: Reply): readonly string[] {
  return [reply.statusLine, ...bodyLine(reply)];
}

/** The beginning of a body, in one line. */
export function bodyLine(reply: Reply): readonly string[] {
  const text = textOf(reply).replaceAll(/\s+/g, " ").trim().slice(0, 120);
  return text === ""
    ? []
    : [`body: ${text.replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}`];
}
