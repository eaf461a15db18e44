import { post } from "./api.js";

/** The room that Socket.IO carries. */
export const socketIoRoom = "lounge";

const carriers = { polling: "Socket.IO (long polling)", websocket: "Socket.IO (WebSocket)" };

/** How long to wait before the next try, in milliseconds: at first, and at the most. */
const shortest = 500;
const longest = 30_000;
/** How long a session must have lasted to count as a success, and how far two clocks may be apart. */
const settled = 10_000;
const apart = 1000;

/**
 * Enters that room. A ticket opens one session, once, so each try fetches its own; Socket.IO's reconnection would send the old one again.
 *
 * @param on the same as in `enterByWebSocket`
 */
export function enterBySocketIo(on) {
  let socket;
  let timer;
  let renewal;
  let until = null;
  let failures = 0;
  let entered = 0;
  /** Which try is the present one. What an older one brings is not heard. */
  let current = 0;

  function leave() {
    current++;
    clearTimeout(timer);
    clearTimeout(renewal);
    socket?.offAny();
    socket?.removeAllListeners();
    socket?.disconnect();
    socket = undefined;
  }

  async function open() {
    leave();
    const attempt = current;
    on.state("connecting");
    const [library, response] = await Promise.all([
      // Socket.IO serves its own client.
      import("/socket.io/socket.io.esm.min.js").catch(() => undefined),
      post("ticket", {}),
    ]);
    if (attempt !== current) return;
    const isNobody = response?.status === 401 || response?.status === 403;
    const ticket = response?.ok ? (await response.json()).ticket : undefined;
    if (attempt !== current) return;
    if (isNobody) on.end("", "login");
    else if (library === undefined || ticket === undefined) tryLater();
    else begin(library, ticket);
  }

  function begin({ io }, ticket) {
    const attempt = current;
    socket = io({ query: { ticket }, forceNew: true, reconnection: false });
    const { engine } = socket.io;
    socket.on("connect", () => on.carrier(carriers[engine.transport.name]));
    engine.on("upgrade", ({ name }) => attempt === current && on.carrier(carriers[name]));
    socket.on("event", receive);
    socket.on("connect_error", tryLater);
    socket.on("disconnect", lost);
  }

  function receive(event) {
    if (event.type === "welcome") entered = Date.now();
    if (event.type === "welcome" || event.type === "renewed") {
      until = event.until;
      renewInTime();
    }
    on.event(event);
  }

  function renewInTime() {
    clearTimeout(renewal);
    if (until === null) return;
    const left = until - Date.now();
    // A minute before the end, or after half of a time that is shorter than two.
    renewal = setTimeout(() => on.mayRenew() && renew(), left - Math.min(60_000, left / 2));
  }

  async function renew() {
    const attempt = current;
    const response = await post("ticket", {});
    if (response?.ok && attempt === current) socket?.emit("renew", (await response.json()).ticket);
  }

  /** Over polling no reason comes. The next ticket tells: there is none for those who have logged out. */
  function lost() {
    const isOver = until !== null && until - apart <= Date.now();
    until = null;
    if (Date.now() - entered > settled) failures = 0;
    tryLater();
    on.end("", isOver ? "fresh" : "later");
  }

  function tryLater() {
    on.state("waiting");
    const most = Math.min(longest, shortest * 2 ** failures++);
    timer = setTimeout(() => void open(), Math.random() * most);
  }

  void open();
  return {
    say(text) {
      if (!socket?.connected) return false;
      socket.emit("say", text);
      return true;
    },
    renew,
    close() {
      leave();
      until = null;
    },
    reconnect: () => void open(),
  };
}
