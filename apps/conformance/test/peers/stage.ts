import { once } from "node:events";
import { createServer, request as send, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createPolicy, guard, type GuardableServer } from "@wsorigin/node";
import { type Answer, closeBytes, type Frames, handshake, type HandshakeRequest } from "@wsorigin/testing";

/** The origin of the clients. The gate's policy allows it, and clients without an Origin. */
export const page = "https://app.example";

const policy = createPolicy({ origins: [page], missingOrigin: "allow" });

export type Variant = "bare" | "gate first" | "gate last";

/** One behaviour of a library, observed in the same way with and without a gate. */
export interface Row {
  readonly name: string;
  /** Returns what the client and the server observed, in JSON. */
  readonly run: (stage: Stage) => Promise<unknown>;
  /** Why the gate answers differently. Left out where there must be no difference. */
  readonly differs?: string;
}

/** The servers and the clients of one run of a row. */
export class Stage {
  readonly #variant: Variant;
  readonly #closers: (() => unknown)[] = [];
  /** The codes of the gate's refusals, in order. */
  readonly refusals: string[] = [];
  /** What went wrong inside the gate. */
  readonly errors: string[] = [];

  constructor(variant: Variant) {
    this.#variant = variant;
  }

  /** Puts the gate in front of a server before anything else listens to it, if this run has the gate first. */
  server<S extends GuardableServer = Server>(server: S): S {
    if (this.#variant === "gate first") this.#guard(server);
    return server;
  }

  /** A plain server, as `server()` makes it. */
  plain(): Server {
    return this.server(createServer());
  }

  /** Listens, with the gate last if this run has it so. */
  async listen(server: GuardableServer): Promise<number> {
    if (this.#variant === "gate last") this.#guard(server);
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    this.defer(async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  }

  /** Runs after the row, the last one first. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  /** Sends a raw handshake. Its connection is closed after the row. */
  async ask(port: number, request: HandshakeRequest = {}, tls = false): Promise<Answer> {
    const answer = await handshake({ port, tls }, { origin: page, hostHeader: "api.example", ...request });
    this.defer(() => answer.frames?.destroy());
    return answer;
  }

  /** Opens a socket frame by frame. */
  async open(port: number, request: HandshakeRequest = {}): Promise<Frames> {
    const answer = await this.ask(port, request);
    if (answer.frames === undefined) throw new Error(`It was refused: ${answer.raw.toString("latin1")}`);
    return answer.frames;
  }

  #guard(server: GuardableServer): void {
    const gate = guard(server, {
      policy,
      log: false,
      onDecision: ({ decision }) => {
        if (!decision.allowed) this.refusals.push(decision.code);
      },
      onError: (error, where) => void this.errors.push(`${where}: ${String(error)}`),
    });
    this.defer(() => gate.close({ timeout: 100 }));
  }
}

/** All of an answer that does not depend on the time. */
export function told({ statusLine, headers, body, closed }: Answer): unknown {
  return { statusLine, headers: headers.filter(([name]) => name.toLowerCase() !== "date"), body, closed };
}

/** Answers the server's close frame, and waits for the end of the connection. */
export async function finish(frames: Frames): Promise<unknown> {
  const close = await frames.nextClose();
  frames.write(closeBytes(close?.code));
  const end = await frames.closed();
  // ws waits for the client's end of the connection too.
  frames.destroy();
  return [close?.code, close?.text, end];
}

interface OrdinaryRequest {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Response {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends an ordinary request over a connection of its own. */
export async function fetchFrom(port: number, options: OrdinaryRequest, body?: string | Buffer): Promise<Response> {
  const request = send({
    host: "127.0.0.1",
    port,
    agent: false,
    ...options,
    headers: { Origin: page, ...options.headers },
  });
  request.end(body);
  const [response] = await once(request, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  const { date: _date, ...headers } = response.headers;
  return { status: response.statusCode, headers, body: text };
}
