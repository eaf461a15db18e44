import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { DecisionEvent } from "@wsorigin/node";
import { Chat } from "./rooms/chat.ts";
import { usualStay } from "./grants.ts";
import { createHostilePage } from "./hostile.ts";
import { decisionLine } from "./lines.ts";
import { Visitors } from "./visitors.ts";

/** What a framework's app is made of. */
export interface ChatParts {
  /** Listens already, and may have `upgrade` listeners of somebody else. */
  readonly server: Server;
  /** `http://localhost:3000`: the origin of the app's pages. */
  readonly origin: string;
  /** `localhost:3000`: what the app answers to. */
  readonly host: string;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** How long a ticket lets a socket stay, in milliseconds. */
  readonly stay: number;
  /** Whether the guard is left out, so that one can see what it is for. */
  readonly unguarded: boolean;
  readonly onDecision: (event: DecisionEvent) => void;
  readonly print: (text: string) => void;
}

export interface Attached {
  /** Closes the app's sockets. The server is ended by whoever made it. */
  close(): Promise<void>;
}

/** Puts an app onto the chat's server: this is all that differs from framework to framework. */
export type Attach = (parts: ChatParts) => Attached | Promise<Attached>;

export interface StartOptions {
  /** Where to listen; `0` is any free port, and so is one that is taken. */
  readonly ports: { readonly chat: number; readonly hostile: number };
  /** How long a ticket lets a socket stay, in milliseconds. Two minutes by default, short enough to watch. */
  readonly stay?: number;
  /** Leaves the guard out, so that one can see what it is for. */
  readonly unguarded?: boolean;
  /** The chat's server, where it has other `upgrade` listeners already. */
  readonly server?: Server;
  /** The name that browsers know the chat by, which leads to this machine. Default `localhost`. */
  readonly name?: string;
  /** A key and a certificate for that name, as PEM: the chat then speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly print?: (text: string) => void;
  readonly onDecision?: (event: DecisionEvent) => void;
}

export interface Running {
  /** `http://localhost:3000`: the chat's own origin, and where its page is. */
  readonly chatUrl: string;
  /** `http://localhost:3001`: another origin on the same site, to which cookies know no difference. */
  readonly hostileUrl: string;
  /** Where the chat listens. */
  readonly address: AddressInfo;
  /** Closes the sockets, then both servers. */
  close(): Promise<void>;
}

/** Starts the chat and the hostile page beside it, both for this machine only. */
export async function start(
  attach: Attach,
  {
    ports,
    stay = usualStay,
    unguarded = false,
    name = "localhost",
    tls,
    print = () => {},
    onDecision,
    ...rest
  }: StartOptions,
): Promise<Running> {
  const { server = tls === undefined ? createServer() : createSecureServer(tls) } = rest;
  // A real app knows its origin before it listens; this one knows it once it has a port.
  const address = await listen(server, name, ports.chat, print);
  const host = `${name}:${address.port}`;
  const origin = `${tls === undefined ? "http" : "https"}://${host}`;
  const tell = (event: DecisionEvent): void => {
    print(decisionLine(event));
    onDecision?.(event);
  };
  const visitors = new Visitors(tls !== undefined);
  const attached = await attach({
    server,
    origin,
    host,
    visitors,
    chat: new Chat(),
    stay,
    unguarded,
    onDecision: tell,
    print,
  });

  const hostile = createServer(createHostilePage(origin));
  const { port } = await listen(hostile, "localhost", ports.hostile, print);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await attached.close();
    await Promise.all([end(server), end(hostile)]);
  };
  return {
    chatUrl: origin,
    hostileUrl: `http://localhost:${port}`,
    address,
    close: () => (closing ??= close()),
  };
}

/** Listens on this machine alone: a chat to look at is nothing for the network. */
async function listen(server: Server, name: string, port: number, print: (text: string) => void): Promise<AddressInfo> {
  // By its name, since another server may have the port on the one of its two addresses that browsers try first.
  const host = name === "localhost" ? name : "127.0.0.1";
  try {
    return await listenOn(server, host, port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    const address = await listenOn(server, host, 0);
    print(`Port ${port} is taken; ${address.port} is used instead.`);
    return address;
  }
}

function listenOn(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("The server has no port."));
      else resolve(address);
    });
  });
}

/** Ends a server. Browsers keep connections open ahead of need, which `close()` would wait for. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
