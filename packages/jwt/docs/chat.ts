import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { bearerHeader, createPolicy } from "@wsorigin/core";
import { createJwtVerifier } from "@wsorigin/jwt";
import { guard } from "@wsorigin/node";

const policy = createPolicy({
  origins: ["https://app.example"],
  token: {
    from: [bearerHeader()],
    verify: createJwtVerifier({
      key: { jwks: "https://id.example/.well-known/jwks.json" },
      algorithms: ["ES256"],
      issuer: "https://id.example",
      audience: "wss://api.example/chat",
      principal: ({ sub }) => (sub === undefined ? undefined : { user: sub }),
    }),
  },
});

const server = createServer();
const gate = guard(server, { policy });
gate.route("/chat", (socket, { principal }) => socket.send(`Hello, ${principal.user}`));
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
