/** A few lines of a project, and what the audit has to say of them: `id file:line`, none for what is right. */
export interface Case {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly found: readonly string[];
}

export function one(what: string, source: string, ...found: readonly string[]): Case {
  return { what, files: { "app.js": source }, found };
}

export const expressWs = `import cors from "cors";
import express from "express";
import expressWs from "express-ws";
export const { app } = expressWs(express());
`;

export const wsServer = `import { createServer } from "node:http";
import { WebSocketServer } from "ws";
export const server = createServer();
`;

export const socketIo = `import { createServer } from "node:http";
import { Server } from "socket.io";
export const server = createServer();
`;

export const fastify = `import Fastify from "fastify";
import websocket from "@fastify/websocket";
export const app = Fastify();
await app.register(websocket);
`;

export const guarded = `import { createPolicy, guard } from "@wsorigin/node";
export const policy = createPolicy({ origins: ["https://app.example.com"] });
`;

export function verify(body: string): string {
  return `${wsServer}new WebSocketServer({ server, verifyClient: ${body} });\n`;
}

/** A comparison, on line 3. */
export function compare(expression: string, before = ""): string {
  return `import { WebSocketServer } from "ws";
${before}
export const isAllowed = (origin) => ${expression};
`;
}

export const line3 = "app.js:3";
