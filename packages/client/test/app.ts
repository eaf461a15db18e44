import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  bearerProtocol,
  createPolicy,
  type DecisionEvent,
  firstMessage,
  type Gate,
  grant,
  guard,
  type GuardOptions,
  queryParam,
  refuse,
} from "@wsorigin/node";
import { createTickets, type Tickets } from "@wsorigin/tickets";
import { until } from "@wsorigin/testing";
import type { WebSocket } from "ws";

interface User {
  readonly name: string;
}

/** A site with a page, an endpoint for tickets, and sockets behind a gate. */
export interface App {
  /** The page, on an allowed origin. */
  readonly page: string;
  /** The same page on another origin. */
  readonly foreignPage: string;
  readonly gate: Gate<User | undefined>;
  readonly tickets: Tickets<User>;
  /** Every decision of the gate, in order. */
  readonly decisions: readonly DecisionEvent[];
  /** Open sockets, in the order they came. */
  readonly sockets: readonly WebSocket[];
  /** What the open sockets' pages have said. */
  readonly said: readonly string[];
  /** The tokens that `verify` was given where it is not for tickets. */
  readonly verified: readonly string[];
  /** Requests for a ticket, answered or not. */
  readonly asked: readonly IncomingMessage[];
  /** What the endpoint for tickets does instead of giving one. */
  answerTicket: ((response: ServerResponse) => void) | undefined;
  /** How long the tickets are good that are issued next, in milliseconds; an hour when there is none left. */
  readonly lifetimes: number[];
  readonly close: () => Promise<void>;
}

export interface AppOptions {
  readonly files: ReadonlyMap<string, string>;
  readonly token?: "ticket" | "protocol" | "message" | "none";
  readonly options?: Partial<GuardOptions<User | undefined>>;
  /** Whether a socket is greeted with a message. */
  readonly greet?: boolean;
  /** The page's `Content-Security-Policy`. */
  readonly csp?: string;
}

/**
 * Records what the client tells, with the time of each, the timers that it waits for (how long each was to wait), and the listeners it has on the
 * window.
 */
const html = `<!doctype html><title>App</title><link rel="icon" href="data:,"><script type="module">
import * as client from "/client/index.js";
const { setTimeout, clearTimeout, addEventListener } = window;
window.listening = new Set();
window.addEventListener = (type, listener, options) => {
  addEventListener.call(window, type, listener, options);
  if (!(options?.signal instanceof AbortSignal)) return;
  listening.add(listener);
  options.signal.addEventListener("abort", () => listening.delete(listener));
};
window.pending = new Map();
window.waits = [];
window.setTimeout = (callback, wait) => {
  const id = setTimeout(() => pending.delete(id) && callback(), wait);
  pending.set(id, wait);
  waits.push(wait);
  return id;
};
window.clearTimeout = (id) => {
  pending.delete(id);
  clearTimeout(id);
};
window.log = [];
window.recorded = (options) => {
  const tell = (kind, detail) => window.log.push({ kind, detail, at: performance.now() });
  return (window.connection = client.connect({
    ...options,
    onOpen: () => tell("open", window.connection.socket.protocol),
    onMessage: ({ data }) => tell("message", data),
    onClose: (event, what, error) => tell("close", { code: event?.code, what, error: error && String(error) }),
    onState: (state) => tell("state", state),
  }));
};
window.client = client;
</script>`;

export async function startApp({
  files,
  token = "ticket",
  options,
  greet = false,
  csp = "",
}: AppOptions): Promise<App> {
  const tickets = createTickets<User>();
  const asked: IncomingMessage[] = [];
  const decisions: DecisionEvent[] = [];
  const sockets: WebSocket[] = [];
  const said: string[] = [];
  const verified: string[] = [];
  const lifetimes: number[] = [];
  const app: Pick<App, "answerTicket" | "lifetimes"> = { answerTicket: undefined, lifetimes };

  async function giveTicket(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push(request);
    if (app.answerTicket !== undefined) return app.answerTicket(response);
    const ticket = await tickets.issue({
      principal: { name: "Ada" },
      origin: request.headers.origin,
      subject: "ada",
      expiresAt: Date.now() + (lifetimes.shift() ?? 3_600_000),
    });
    response.setHeader("Content-Type", "application/json").end(JSON.stringify({ ticket }));
  }

  const server = createServer((request, response) => {
    const file = files.get(request.url?.replace("/client/", "") ?? "");
    if (request.url === "/api/ticket" && request.method === "POST") void giveTicket(request, response);
    else if (file !== undefined) response.setHeader("Content-Type", "text/javascript").end(file);
    // With the strictest referrer policy, under which an Origin may be kept back too.
    else if (request.url === "/" || request.url === "/other")
      response
        .writeHead(200, {
          "Referrer-Policy": "no-referrer",
          "Content-Security-Policy": csp,
          "Content-Type": "text/html",
        })
        .end(html);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It listens on no port.");
  const page = `http://localhost:${address.port}`;

  const sources = {
    ticket: [queryParam("ticket")],
    protocol: [bearerProtocol()],
    message: [firstMessage({ read: (data) => data })],
  };
  const policy = createPolicy<User | undefined>({
    origins: [page],
    ...(token === "none"
      ? {}
      : {
          token: {
            from: sources[token],
            async verify(text, context) {
              if (token === "ticket") return tickets.verify(text, context);
              verified.push(text);
              return text === "secret" ? grant({ principal: { name: "Ada" } }) : refuse("invalid");
            },
          },
        }),
  });
  const gate = guard<User | undefined>(server, {
    policy,
    log: false,
    protocols: ["chat.v1"],
    revocations: tickets,
    onExpiring: ({ socket }) => socket.send('{"type":"expiring"}'),
    onDecision: (event) => void decisions.push(event),
    ...options,
  });
  gate.route("/chat", (socket, { refresh }) => {
    sockets.push(socket);
    if (greet) socket.send('{"type":"welcome"}');
    socket.once("close", () => void sockets.splice(sockets.indexOf(socket), 1));
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      said.push(text);
      if (!text.startsWith("renew ")) return;
      void refresh(text.slice("renew ".length)).then(({ allowed }) =>
        socket.send(JSON.stringify({ type: "renewed", allowed })),
      );
    });
  });

  return Object.assign(app, {
    page,
    foreignPage: page.replace("localhost", "127.0.0.1"),
    gate,
    tickets,
    decisions,
    sockets,
    said,
    verified,
    asked,
    async close() {
      await gate.close({ timeout: 100 });
      await tickets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export { until };
