import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { join } from "node:path";
import { createPolicy, type DecisionEvent, type Gate, guard, queryParam } from "@wsorigin/node";
import { createTickets, type Tickets } from "@wsorigin/tickets";
import { clientFolder } from "chat-kit";
import { compile, optionsOf } from "../shared/compile.ts";
import type { Draft } from "../shared/draft.ts";
import { addressOf } from "../shared/kinds.ts";
import { answerFile, cardFiles, type Files, fromRoot, pageHeaders } from "./files.ts";
import { end, listen, listenAt, portOf } from "./listen.ts";

interface Customer {
  readonly name: string;
}

const customer: Customer = { name: "Ada" };
const sessionCookie = "lab_session";

const pages: Files = new Map([
  ["/", fromRoot("public/app/index.html")],
  ["/app.js", fromRoot("public/app/app.js")],
  ...cardFiles,
  ...["index", "connect", "close-class", "socket-url", "why-refused"].map(
    (name) => [`/client/${name}.js`, join(clientFolder, `${name}.js`)] as const,
  ),
]);
/** What somebody else's name leads to, once it leads here. */
const rebound: Files = new Map([
  ["/", fromRoot("public/hostile/index.html")],
  ["/card.js", fromRoot("public/hostile/card.js")],
  ...cardFiles,
]);

export interface AppOptions {
  readonly port: number;
  readonly onDecision: (event: DecisionEvent) => void;
}

/** An app with a page, a session in a cookie, tickets and a socket, guarded by the policy of the moment. */
export class App {
  /** Its origin. */
  readonly url: string;
  readonly #port: number;
  readonly #onDecision: AppOptions["onDecision"];
  readonly #session = randomBytes(16).toString("base64url");
  readonly #orders = ["2 x coffee", "1 x cake"];
  readonly #tickets: Tickets<Customer> = createTickets<Customer>();
  #server: Server;
  #gate: Gate<Customer | undefined> | undefined;
  /** Whose pages may have a ticket. */
  #allows: (origin: string | undefined) => boolean = () => false;

  private constructor(server: Server, onDecision: AppOptions["onDecision"]) {
    this.#server = server;
    this.#port = portOf(server);
    this.#onDecision = onDecision;
    this.url = `http://localhost:${this.#port}`;
    server.on("request", (request, response) => this.#serve(request, response));
  }

  /** Listens, and lets nobody in yet. */
  static async start({ port, onDecision }: AppOptions): Promise<App> {
    return new App(await listen(() => {}, port), onDecision);
  }

  /**
   * Puts a gate with another policy before the app's sockets, on a new server at the same port, since a gate keeps its policy for life. Open sockets
   * are closed with 1001.
   *
   * @param draft one that compiles
   */
  async guard(draft: Draft): Promise<void> {
    const compiled = compile(draft);
    if ("issues" in compiled) throw new Error("The policy does not compile.");
    await this.#end();
    const server = await listenAt((request, response) => this.#serve(request, response), this.#port);
    this.#server = server;
    const token = { from: [queryParam("ticket")], verify: this.#tickets.verify };
    const policy = draft.ticket ? createPolicy<Customer | undefined>({ ...optionsOf(draft), token }) : compiled.policy;
    this.#allows = (origin) => policy.allowsOrigin(origin);
    this.#gate = guard<Customer | undefined>(server, {
      policy,
      log: false,
      facts: ({ url = "" }) => ({ ip: addressOf(url) }),
      onDecision: this.#onDecision,
      ...(draft.failures > 0 && { maxFailures: { count: draft.failures, seconds: 60 } }),
    });
    const open = new Set<(text: string) => void>();
    this.#gate.route("/orders", (socket) => {
      const tell = (text: string): void => socket.send(text);
      open.add(tell);
      socket.on("close", () => open.delete(tell));
      socket.on("message", () => {
        this.#orders.push(`${1 + (this.#orders.length % 3)} x ${this.#orders.length % 2 === 0 ? "coffee" : "cake"}`);
        if (this.#orders.length > 5) this.#orders.shift();
        for (const tell of open) tell(this.#state());
      });
      tell(this.#state());
    });
  }

  /** A ticket that the app's own page could use, such as somebody may have stolen. */
  steal(): Promise<string> {
    return this.#tickets.issue({ principal: customer, origin: this.url });
  }

  async close(): Promise<void> {
    await this.#end();
    await this.#tickets.close();
  }

  #state(): string {
    return JSON.stringify({ customer: customer.name, orders: this.#orders });
  }

  async #end(): Promise<void> {
    await this.#gate?.close({ timeout: 100 });
    await end(this.#server);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch(() => response.destroy());
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = "", origin } = request.headers;
    const own = host === new URL(this.url).host;
    // One server has one port: by its name alone it knows whose page is asked for.
    const headers = pageHeaders([
      "script-src 'self'",
      "font-src 'self'",
      "style-src 'self'",
      `connect-src 'self' ${this.url} ${this.url.replace("http", "ws")} ws://${/^[\w.-]+:\d+$/.test(host) ? host : "localhost"}`,
      "frame-ancestors http://localhost:*",
    ]);
    if (own && request.url === "/ticket" && request.method === "POST") {
      const mine = request.headers.cookie?.includes(`${sessionCookie}=${this.#session}`) === true;
      // A policy may allow "null", but a ticket is for one page's origin, and "null" is any page's.
      const page = origin !== undefined && origin !== "null" && this.#allows(origin);
      if (!mine || !page) response.writeHead(403, headers).end();
      else {
        const ticket = await this.#tickets.issue({ principal: customer, origin });
        response.writeHead(200, { ...headers, "Content-Type": "application/json" }).end(JSON.stringify({ ticket }));
      }
      return;
    }
    const cookie = `${sessionCookie}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
    if (!answerFile(own ? pages : rebound, request, response, own ? { ...headers, "Set-Cookie": cookie } : headers))
      response.writeHead(404, headers).end();
  }
}
