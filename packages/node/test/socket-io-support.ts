import { once } from "node:events";
import { Agent, createServer, request as send, type Server as HttpServer } from "node:http";
import { createPolicy, grant, queryParam, refuse, type Policy, type PolicyOptions } from "@wsorigin/core";
import { until } from "@wsorigin/testing";
import { Server, type ServerOptions } from "socket.io";
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { type DecisionEvent, type Gate, guard, type PlainOptions, type Revocation } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page } from "./support.ts";

export type Transports = readonly ("polling" | "websocket")[];

export interface SocketIo {
  readonly io: Server;
  readonly gate: Gate<string>;
  readonly server: HttpServer;
  readonly port: number;
  readonly events: readonly DecisionEvent[];
  readonly logged: readonly string[];
  readonly errors: readonly string[];
  readonly revoke: (revocation: Revocation) => void;
  /** Socket.IO's own client, as a page of `https://app.example`. */
  readonly client: (transports: Transports, options?: Partial<ManagerOptions & SocketOptions>) => Socket;
}

/** A guarded server with Socket.IO. */
export async function startSocketIo(
  policy: Policy<string>,
  options: Partial<PlainOptions<string>> = {},
  own: Partial<ServerOptions> = {},
): Promise<SocketIo> {
  const server = createServer();
  const [events, logged, errors]: [DecisionEvent[], string[], string[]] = [[], [], []];
  let revoke: SocketIo["revoke"] = () => {};
  const gate = guard<string>(server, {
    policy,
    log: (text) => void logged.push(text),
    onDecision: (event) => void events.push(event),
    onError: (error, where) => void errors.push(`${where}: ${String(error)}`),
    revocations: {
      subscribe(listener) {
        revoke = listener;
        return () => {};
      },
    },
    ...options,
  });
  const io = new Server(server, { allowRequest: gate.allowRequest, ...own });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const clients: Socket[] = [];
  afterwards(async () => {
    for (const client of clients) client.disconnect();
    await gate.close({ timeout: 100 });
    await io.close();
  });
  const client: SocketIo["client"] = (transports, given = {}) => {
    const made = connect(`http://127.0.0.1:${port}`, {
      transports: [...transports],
      reconnection: false,
      forceNew: true,
      extraHeaders: { Origin: page },
      ...given,
    });
    clients.push(made);
    return made;
  };
  return { io, gate, server, port, events, logged, errors, revoke: (revocation) => revoke(revocation), client };
}

/** A policy whose tickets are the user's name, valid once. */
export function ticketPolicy(
  more: Partial<PolicyOptions<string>> = {},
  expires?: number,
): { readonly policy: Policy<string>; readonly issue: (name: string) => { readonly ticket: string } } {
  const valid = new Set<string>();
  const policy = createPolicy<string>({
    origins: [page],
    ...more,
    token: {
      from: [queryParam("ticket")],
      verify: (ticket) =>
        valid.delete(ticket)
          ? grant({
              principal: ticket,
              subject: ticket,
              ...(expires !== undefined && { expiresAt: Date.now() + expires }),
            })
          : refuse("invalid"),
    },
  });
  return {
    policy,
    issue: (name) => {
      valid.add(name);
      return { ticket: name };
    },
  };
}

export interface Polled {
  readonly status: number | undefined;
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

/** Sends one polling request, with exactly these headers. */
export async function poll(
  port: number,
  query: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Polled> {
  const agent = new Agent({ keepAlive: false });
  const request = send({
    agent,
    port,
    host: "127.0.0.1",
    path: `/socket.io/?EIO=4&transport=polling${query}`,
    method: body === undefined ? "GET" : "POST",
    headers,
  });
  request.end(body);
  const [response] = await once(request, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, body: text, header: (name) => response.headers[name.toLowerCase()] };
}

export function sidOf({ body }: Polled): string {
  const [, sid] = /"sid":"([^"]+)"/.exec(body) ?? [];
  if (sid === undefined) throw new Error(`There is no session in ${body}`);
  return sid;
}

export async function connected(client: Socket): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("connect_error", reject);
  });
  return client;
}

/** Waits until a client uses the last one of its transports. Call it before the client connects. */
export function onLastTransport({ io: manager }: Socket): Promise<void> {
  const { transports = [] } = manager.opts;
  return new Promise((resolve) => {
    const arrived = (): void => resolve();
    manager.on("open", () => (transports.length === 1 ? resolve() : void manager.engine.once("upgrade", arrived)));
  });
}

/** With what a client was refused. */
export function refusalOf(client: Socket): Promise<Error> {
  return new Promise((resolve, reject) => {
    client.once("connect", () => reject(new Error("It was let in.")));
    client.once("connect_error", resolve);
  });
}

/** The HTTP status in the error of a refused client: a number over polling, in the message of `ws` otherwise. */
export function statusIn(error: Error, [first]: Transports): number {
  const description: unknown = Reflect.get(error, "description");
  if (first === "polling") return Number(description);
  return Number(/\d{3}/.exec(String(Reflect.get(Object(description), "message")))?.[0]);
}

/** Waits until both sides of every session use a WebSocket. */
export function moved({ io }: Pick<SocketIo, "io">): Promise<void> {
  return until(
    () => [...io.of("/").sockets.values()].every(({ conn }) => conn.transport.name === "websocket"),
    "every session has moved",
  );
}
