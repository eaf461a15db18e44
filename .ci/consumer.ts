// A consumer's file, type-checked against the packed tarballs in a project outside the workspace: see check-pack.mjs.
import { createServer } from "node:http";
import { createPolicy, type Decision, denyCodes, explain, type Policy, queryParam } from "@wsorigin/core";
import { guard as guardExpress } from "@wsorigin/express";
import { wsorigin } from "@wsorigin/fastify";
import { upgradeGuard } from "@wsorigin/fetch";
import { createJwtVerifier } from "@wsorigin/jwt";
import { guard } from "@wsorigin/node";
import { createTickets } from "@wsorigin/tickets";
import express from "express";
import Fastify from "fastify";

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] });

export const decision: Decision = policy.check({ headers: { origin: "https://evil.test", host: "api.example.com" } });
export const text: string = decision.allowed ? `${decision.origin}` : `${decision.status} ${explain(decision)}`;
export const codes: readonly string[] = denyCodes;

const gate = guard(createServer(), { policy, protocols: ["chat.v1"] });
gate.route("/chat/:room", (socket, context) => {
  socket.send(`${context.origin} ${context.query.get("name")}`);
});

const tickets = createTickets<{ readonly name: string }>();
export const withTickets: Policy<{ readonly name: string }> = createPolicy({
  origins: [],
  token: { from: [queryParam("ticket")], verify: tickets.verify },
});
guard(createServer(), { policy: withTickets, revocations: tickets }).route("/chat", (socket, { principal }) => {
  socket.send(principal.name);
});
export const verify: unknown = createJwtVerifier({
  key: { jwks: "https://id.example/.well-known/jwks.json" },
  algorithms: ["ES256"],
  issuer: "https://id.example",
  audience: "wss://api.example/chat",
});

const app = express();
guardExpress(createServer(app), { app, policy }).route("/chat", (socket) => {
  socket.close(1000);
});

const fastify = Fastify();
await fastify.register(wsorigin, { policy });
fastify.get("/chat/:room", { websocket: true, config: { wsorigin: { protocols: ["chat.v1"] } } }, (socket, request) => {
  socket.send(`${request.wsorigin?.origin}`);
});

// @ts-expect-error An option that is misspelt does not compile.
createPolicy({ origin: ["https://app.example.com"] });

export async function serve(request: Request): Promise<Response | undefined> {
  const result = await upgradeGuard({ policy: withTickets, revocations: tickets })(request, { ip: "192.0.2.1" });
  return result.allowed ? new Response(result.identity.principal.name) : result.response;
}
