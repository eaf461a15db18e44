/** What page code was told of one socket. */
export interface Told {
  /** `open`, `error`, `problem too-fast`, `close 1006`, `close 4403 Forbidden`, in order. */
  readonly events: readonly string[];
  /** The name of what the constructor threw. */
  readonly threw?: string;
  /** The chosen subprotocol, where it opened. */
  readonly protocol?: string;
}

export interface AttemptOptions {
  readonly url: string;
  readonly protocols?: readonly string[];
  /** Sent as soon as it is open, before anything else. */
  readonly first?: string;
  /** Said when the server has greeted; the attempt ends when that is heard again, or is not taken. Without it, it ends with the first message. */
  readonly say?: string;
}

declare global {
  var attempt: (options: AttemptOptions) => Promise<Told>;
}

/**
 * Runs in pages, frames and workers: opens a socket, and resolves when there is nothing more to come. That is when what was said is heard again, or
 * when the socket is closed. Where there is an `error` and no `close`, a round trip to the page's server tells that none follows.
 */
function attemptIn(this: unknown, { url, protocols = [], first, say }: AttemptOptions): Promise<Told> {
  return new Promise((resolve) => {
    const events: string[] = [];
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [...protocols]);
    } catch (error) {
      // Firefox throws what is no Error.
      resolve({ events, threw: String(Reflect.get(Object(error), "name")) });
      return;
    }
    const end = (): void => {
      const told = { events: [...events] };
      resolve(events[0] === "open" ? { ...told, protocol: socket.protocol } : told);
    };
    socket.addEventListener("open", () => {
      events.push("open");
      if (first !== undefined) socket.send(first);
    });
    socket.addEventListener("message", ({ data }) => {
      const { type, text, problem }: Record<string, unknown> = JSON.parse(String(data));
      if (type === "welcome" && say !== undefined) socket.send(JSON.stringify({ text: say }));
      if (type === "problem") events.push(`problem ${String(problem)}`);
      if (say === undefined || type === "problem" || (type === "message" && text === say)) {
        end();
        socket.close();
      }
    });
    socket.addEventListener("close", ({ code, reason }) => {
      events.push(`close ${code} ${reason}`.trim());
      end();
    });
    socket.addEventListener("error", () => {
      events.push("error");
      // A frame from nowhere cannot ask its server; that it failed comes back all the same.
      fetch("/contexts/echo", { mode: "no-cors" })
        .catch(() => {})
        .finally(() => setTimeout(end));
    });
  });
}

/** The same as a script. */
export const attemptScript: string = `globalThis.attempt = ${attemptIn.toString()};`;
