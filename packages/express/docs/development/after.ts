import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { corsOptions, createPolicy, guard, splitList } from "@wsorigin/express";
import cors from "cors";
import express from "express";

// Whatever is not "development" or "staging" counts as production, also when NODE_ENV is not set.
const development = process.env["NODE_ENV"] === "development";
const staging = process.env["NODE_ENV"] === "staging";
const lan = development ? splitList(process.env["LAN_ORIGINS"]) : [];

const policy = createPolicy({
  origins: [
    ...fromEnvironment("ALLOWED_ORIGINS", "https://app.example.com"),
    ...(development ? ["http://localhost:5173", "http://localhost:6006"] : []), // Vite, Storybook
    ...lan,
  ],
  hosts: [
    ...fromEnvironment("ALLOWED_HOSTS", "api.example.com"),
    ...(development ? ["localhost", "127.0.0.1"] : []),
    ...lan.map((origin) => origin.replace(/^http:\/\/|:\d+$/g, "")),
  ],
  dangerouslyAllowInsecureOrigins: lan,
  ...((development || staging) && { directory: { has: isPreview } }),
});

const app = express();
app.use(cors({ ...corsOptions(policy), credentials: true }));
app.get("/hello", (_request, response) => void response.json({ hello: "from the API" }));

const server = createServer(app);
const gate = guard(server, { app, policy });
gate.route("/chat", (socket) => {
  socket.on("message", (data) => socket.send(data, { binary: false }));
});

/** A list from the environment: "https://app.example.com,https://admin.example.com". Only development starts without one. */
function fromEnvironment(name: string, example: string): readonly string[] {
  const list = splitList(process.env[name]);
  if (list.length === 0 && !development)
    throw new Error(`${name} is not set. Set it to a list such as "${example}", or set NODE_ENV to "development".`);
  return list;
}

/** Whether an origin is a deployment of a branch: "my-app-git-", the branch, and "-team" in one label, so without a dot. */
function isPreview(origin: string): boolean {
  const [start, end] = ["https://my-app-git-", "-team.vercel.app"];
  const branch = origin.slice(start.length, -end.length);
  return origin === start + branch + end && /^[a-z\d-]+$/.test(branch);
}
// #endregion

export const listen = (port: number, host = "127.0.0.1"): Server => server.listen(port, host);
