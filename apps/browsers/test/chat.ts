import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { DecisionEvent } from "@wsorigin/node";
import { start } from "../../chat-kit/src/start.ts";
import { attach as express } from "../../express-chat/src/server.ts";
import { attach as fastify } from "../../fastify-chat/src/server.ts";
import { attach as koa } from "../../koa-chat/src/server.ts";
import { tls } from "./certificate.ts";
import type { Documents } from "./sites.ts";

export const frameworks = ["express", "fastify", "koa"] as const;
export type Framework = (typeof frameworks)[number];

const apps = { express, fastify, koa };

/** A handshake as it came over the wire. */
export interface Arrived {
  readonly origin: string | undefined;
  readonly site: string | undefined;
  /** The names of the cookies. */
  readonly cookies: readonly string[];
}

/** One chat under a name of its own, over TLS, with more documents on its origin. */
export interface Chat {
  readonly framework: Framework;
  readonly host: string;
  /** `https://koa.example.test:43212` */
  readonly url: string;
  /** `wss://koa.example.test:43212` */
  readonly sockets: string;
  readonly arrived: Arrived[];
  readonly decisions: DecisionEvent[];
  /** Everything that was printed. */
  readonly lines: string[];
  close(): Promise<void>;
}

export interface ChatOptions {
  readonly documents?: Documents;
  readonly unguarded?: boolean;
  readonly stay?: number;
}

export async function startChat(framework: Framework, { documents, ...options }: ChatOptions = {}): Promise<Chat> {
  const server = createServer(tls);
  const decisions: DecisionEvent[] = [];
  const lines: string[] = [];
  const arrived: Arrived[] = [];
  const host = `${framework}.example.test`;
  const running = await start(apps[framework], {
    ...options,
    server,
    tls,
    name: host,
    ports: { chat: 0, hostile: 0 },
    print: (text) => lines.push(text),
    onDecision: (event) => void decisions.push(event),
  });
  // In front of the gate, which is in front of everybody else.
  const emit = server.emit.bind(server);
  server.emit = (name: string, ...args: unknown[]) => {
    if (name === "upgrade") arrived.push(arrival(args[0] as IncomingMessage));
    const [request, response] = args as [IncomingMessage, ServerResponse];
    if (name === "request" && documents?.answer(request, response) === true) return true;
    return emit(name, ...args);
  };
  const sockets = running.chatUrl.replace("https", "wss");
  return { framework, host, url: running.chatUrl, sockets, arrived, decisions, lines, close: () => running.close() };
}

function arrival({ headers }: IncomingMessage): Arrived {
  const cookies = (headers.cookie ?? "").split("; ").map((pair) => pair.split("=", 1)[0] ?? "");
  return {
    origin: headers.origin,
    site: headers["sec-fetch-site"]?.toString(),
    cookies: cookies.filter((name) => name !== "").toSorted(),
  };
}
