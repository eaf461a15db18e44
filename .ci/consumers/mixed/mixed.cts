import { createServer } from "node:http";
import { createPolicy, identityOf, queryParam, refuse } from "@wsorigin/node";
import { guard } from "@wsorigin/express";
import express from "express";
import { policy, tickets } from "../src/app.js";

// Types of the CommonJS declarations beside those of the ES modules'.
const app = express();
guard(createServer(app), { app, policy, revocations: tickets }).route("/chat", (socket, { principal }) => {
  socket.send(principal ?? "");
});
createPolicy<string>({
  origins: [],
  token: {
    from: [queryParam("ticket")],
    verify: async (token, context) => (token === "" ? refuse("invalid") : tickets.verify(token, context)),
  },
});
console.log(identityOf({}) === undefined);
