import { type CloseClass, closeClass } from "./close-class.ts";
import type { Connection, ConnectionState, ConnectOptions } from "./options.ts";
import { socketUrl } from "./socket-url.ts";

/** How long a socket must have been open to count as a success, in milliseconds. */
const settled = 10_000;

/**
 * Opens a socket, each time with a new ticket or token, and opens it again when it ends, unless its close code says that this is no use.
 *
 * Works in pages and in workers. What a callback throws goes to the page's `error` event and changes nothing here.
 *
 * @throws {TypeError} for options that cannot work, with what to write instead
 * @example
 * const connection = connect({ url: "/chat", ticket: "/api/ticket", onMessage: ({ data }) => show(data) });
 * connection.send("hello"); // false until it is open
 */
export function connect(options: ConnectOptions): Connection {
  const { protocols = [], ticket, ticketParam = "ticket", token, firstMessage, renew } = options;
  const { min = 500, max = 30_000 } = options.retry ?? {};
  const target = socketUrl(options.url);
  if (!(min > 0 && min <= max && max < 2 ** 31)) throw new TypeError("retry: write 0 < min <= max <= 2147483647.");
  if (token !== undefined && protocols.length === 0)
    throw new TypeError("token: name a subprotocol in `protocols` too. Browsers close where none is chosen.");
  if (token !== undefined && ticket !== undefined)
    throw new TypeError("ticket, token: write one of them. A gate refuses two.");

  let state: ConnectionState = "connecting";
  let told: ConnectionState = state;
  let socket: WebSocket | undefined;
  /** One try: its fetch, its socket's listeners, its renewals. Aborted before the next one begins, so that no old socket is ever heard. */
  let attempt = new AbortController();
  /** The page's listeners; none where the state is `"closed"`. */
  let page: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Failures since the last success. */
  let failures = 0;
  /** Whether a socket was opened again at once, and none has lasted since: otherwise a server that closes each one would be asked without a pause. */
  let hurried = false;
  /** The page was frozen, and the socket has not been heard since. */
  let frozen = false;
  let opened: number | undefined;

  function call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      reportError(error);
    }
  }

  /** Callbacks may change the state: what is told is what it is by then, once. */
  function tellState(): void {
    if (told === state) return;
    told = state;
    call(() => options.onState?.(told));
  }

  async function credential(signal: AbortSignal): Promise<string | undefined> {
    if (typeof ticket !== "string") return (ticket ?? token ?? firstMessage)?.(signal);
    // Of this origin only: whoever could redirect it might have the page use the ticket of an account of theirs.
    // Without a referrer policy that names it, Firefox says `Origin: null` on pages with "no-referrer" (Fetch, "append a request Origin header").
    const init: RequestInit = { method: "POST", mode: "same-origin", referrerPolicy: "origin", signal };
    const response = await fetch(ticket, init);
    const { status } = response;
    if (!response.ok) throw Object.assign(new Error(`${ticket} answered ${status}.`), { status });
    const { ticket: given }: { ticket: unknown } = await response.json();
    if (typeof given !== "string") throw new TypeError(`${ticket} did not answer { "ticket": "..." }.`);
    return given;
  }

  async function open(): Promise<void> {
    leave();
    const { signal } = (attempt = new AbortController());
    const listen = { signal };
    let failed: CloseClass = "later";
    state = "connecting";
    opened = undefined;
    listenToPage();
    tellState();
    try {
      // Nothing is called before `connect` has returned.
      await Promise.resolve();
      if (signal.aborted) return;
      const given = await credential(signal);
      if (signal.aborted) return;
      const first = ticket === undefined && token === undefined ? given : await firstMessage?.(signal);
      if (signal.aborted) return;
      const url = new URL(target);
      if (ticket !== undefined && given !== undefined) url.searchParams.set(ticketParam, given);
      failed = "never";
      const mine = new WebSocket(url, token === undefined ? [...protocols] : [...protocols, `bearer.${given}`]);
      socket = mine;
      mine.addEventListener(
        "open",
        (event) => {
          opened = performance.now();
          if (first !== undefined) mine.send(first);
          state = "open";
          tellState();
          call(() => options.onOpen?.(event));
        },
        listen,
      );
      mine.addEventListener(
        "message",
        (event) => {
          failures = 0;
          frozen = false;
          void renewOn(mine, signal, event.data);
          call(() => options.onMessage?.(event));
        },
        listen,
      );
      mine.addEventListener("close", (event) => ended(closeClass(event.code, event.reason), event), listen);
      // Chromium tells of what a CSP blocks by this event alone.
      mine.addEventListener("error", () => (timer = setTimeout(() => ended("later"), 1000)), listen);
    } catch (error) {
      if (!signal.aborted) ended(saysLogin(error) ? "login" : failed, undefined, error);
    }
  }

  async function renewOn(mine: WebSocket, signal: AbortSignal, message: unknown): Promise<void> {
    try {
      if (typeof message !== "string" || renew?.when(message) !== true) return;
      const given = await credential(signal);
      if (!signal.aborted && mine.readyState === WebSocket.OPEN) mine.send(renew.message(given ?? ""));
    } catch (error) {
      // The socket lives on until the server closes it; then it is opened again, or there is nobody logged in.
      if (!signal.aborted) reportError(error);
    }
  }

  function ended(what: CloseClass, event?: CloseEvent, error?: unknown): void {
    leave();
    if (opened !== undefined && performance.now() - opened >= settled) {
      failures = 0;
      hurried = false;
    }
    if (what === "never" || what === "login") end();
    else {
      let limit = Math.min(max, min * 2 ** failures);
      if (frozen || (what !== "later" && !hurried)) {
        hurried = true;
        // A server that leaves closes all its sockets in one moment: they do not all come back in one.
        limit = event?.code === 1001 ? min : 0;
      } else failures++;
      state = "waiting";
      if (navigator.onLine) timer = setTimeout(() => void open(), Math.random() * limit);
    }
    frozen = false;
    call(() => options.onClose?.(event, what, error));
    tellState();
  }

  /** Lets go of what is under way. */
  function leave(): void {
    clearTimeout(timer);
    attempt.abort();
    socket?.close();
    socket = undefined;
  }

  function end(): void {
    state = "closed";
    page?.abort();
    page = undefined;
  }

  function listenToPage(): void {
    if (page !== undefined) return;
    page = new AbortController();
    const { signal } = page;
    // The document's events pass here on their way down. A worker has the first two.
    for (const type of ["online", "offline", "pageshow", "pagehide", "visibilitychange", "freeze", "resume"])
      addEventListener(type, ({ type }) => heard(type), { capture: true, signal });
  }

  function heard(type: string): void {
    if (type === "freeze" || type === "pagehide") frozen = true;
    else if (state !== "waiting" || (type === "visibilitychange" && document.hidden)) return;
    else if (type === "offline") clearTimeout(timer);
    else if (navigator.onLine) void open();
  }

  void open();
  return {
    get state() {
      return state;
    },
    get socket() {
      return socket;
    },
    send(data) {
      if (state !== "open" || socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(data);
      return true;
    },
    close(code, reason) {
      socket?.close(code, reason);
      leave();
      end();
      tellState();
    },
    reconnect: () => void open(),
  };
}

function saysLogin(error: unknown): boolean {
  const status: unknown = Object(error).status;
  return status === 401 || status === 403;
}
