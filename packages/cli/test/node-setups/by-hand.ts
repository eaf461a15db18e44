import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { accepting, notFound, quiet, serve } from "../backends.ts";
import { page, type Setup } from "./setup.ts";

type Refuse = (socket: Duplex) => void;

const answer =
  (statusLine: string): Refuse =>
  (socket) =>
    void socket.end(`HTTP/1.1 ${statusLine}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
const destroy: Refuse = (socket) => void socket.destroy();

/** An `upgrade` listener as tutorials have it, in front of `ws`. Another path is refused in the same way. */
function listener(allows: (request: IncomingMessage) => boolean, refuse: Refuse): () => Promise<number> {
  return () => {
    const server = createServer(notFound);
    const sockets = quiet(new WebSocketServer({ noServer: true }));
    server.on("upgrade", (request, socket, head) => {
      if (new URL(request.url ?? "/", "http://localhost").pathname !== "/ws" || !allows(request)) return refuse(socket);
      sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
    });
    return serve(server);
  };
}

const listed = ({ headers }: IncomingMessage): boolean => headers.origin === page;
/** Another page is on the list; programs, which send no Origin, may come. */
const other = ({ headers }: IncomingMessage): boolean =>
  headers.origin === undefined || headers.origin === "https://other.example.com";
const denyAll = (): boolean => false;

/** Terminates sockets that did not answer its ping, as the documentation of `ws` shows it, with a short interval. */
function heartbeat(interval: number): () => Promise<number> {
  return () => {
    const answered = new WeakSet<object>();
    return accepting({ verifyClient: ({ origin }: { origin: string }) => origin === page }, (socket) => {
      answered.add(socket);
      socket.on("pong", () => answered.add(socket));
      const timer = setInterval(() => {
        if (!answered.has(socket)) return socket.terminate();
        answered.delete(socket);
        socket.ping("are you there");
      }, interval);
      socket.once("close", () => clearInterval(timer));
    });
  };
}

/** `verifyClient` in the form with a callback. */
function verified(allows: (origin: string | undefined) => boolean, status: number): () => Promise<number> {
  return () =>
    accepting({
      path: "/ws",
      verifyClient: (
        { origin }: { origin: string | undefined },
        done: (allowed: boolean, code?: number) => void,
      ): void => done(allows(origin), status),
    });
}

const notForUs = (origin: string | undefined): boolean => origin === undefined;

export const byHand: readonly Setup[] = [
  { name: "ws: verifyClient with a list", found: [], start: verified((origin) => origin === page, 401) },
  {
    name: "ws: verifyClient with a list, cb(false, 400)",
    found: [],
    start: verified((origin) => origin === page, 400),
  },
  {
    name: "ws: a heartbeat that terminates what does not answer",
    found: [],
    start: heartbeat(1000),
    args: ["--idle", "3"],
  },
  { name: "upgrade listener: a list, answers 403", found: [], start: listener(listed, answer("403 Forbidden")) },
  { name: "upgrade listener: a list, socket.destroy()", found: [], start: listener(listed, destroy) },
  {
    name: "upgrade listener: socket.destroy() for an unknown path",
    found: ["WSO048"],
    start: listener(listed, destroy),
    path: "/chat",
  },
  { name: "upgrade listener: socket.destroy() for every origin", found: ["WSO048"], start: listener(denyAll, destroy) },
  { name: "upgrade listener: socket.destroy() for the page", found: ["WSO023"], start: listener(other, destroy) },
  ...["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "426 Upgrade Required"].map(
    (statusLine): Setup => ({
      name: `upgrade listener: ${statusLine} for the page`,
      found: ["WSO023"],
      start: listener(other, answer(statusLine)),
    }),
  ),
  {
    name: "upgrade listener: 500 for the page",
    found: ["WSO023"],
    start: listener(other, answer("500 Internal Server Error")),
  },
  {
    name: "upgrade listener: a redirect for the page",
    found: ["WSO023"],
    start: listener(other, answer("302 Found")),
  },
  {
    name: "upgrade listener: nothing at all for the page",
    found: ["WSO023"],
    start: listener(other, () => {}),
  },
  ...["400 Bad Request", "426 Upgrade Required"].map((statusLine): Setup => ({
    name: `upgrade listener: ${statusLine} for every origin`,
    found: ["WSO023"],
    start: listener(denyAll, answer(statusLine)),
  })),
  {
    name: "upgrade listener: 503 for all",
    found: ["WSO049"],
    start: listener(denyAll, answer("503 Service Unavailable")),
  },
  { name: "ws: verifyClient, cb(false, 400) for the page", found: ["WSO023"], start: verified(notForUs, 400) },
  { name: "ws: verifyClient, cb(false, 401) for the page", found: ["WSO023"], start: verified(notForUs, 401) },
  {
    name: "ws: a check with includes",
    found: ["WSO052", "WSO053"],
    start: verified((origin) => origin?.includes("app.example.com") === true && !origin.includes("evil.invalid"), 403),
  },
  {
    name: "ws: a check that lets programs and null in",
    found: ["WSO051"],
    start: verified((origin) => origin === undefined || origin === "null" || origin === page, 403),
  },
  {
    name: "ws: a cookie of 70 kB",
    found: ["WSO031"],
    start: verified((origin) => origin === page, 403),
    args: ["--cookie", `sid=${"x".repeat(70_000)}`],
  },
];
