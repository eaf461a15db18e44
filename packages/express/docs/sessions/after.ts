import type { Server as HttpServer } from "node:http";
// #region guide
import { createServer, type IncomingMessage } from "node:http";
import { createPolicy, guard, requestGuard } from "@wsorigin/express";
import express, { type RequestHandler } from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import { Server } from "socket.io";
import { findUser } from "./users.ts";

passport.use(new Strategy((name, password, done) => done(null, findUser(name, password) ?? false)));
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user: Express.User, done) => done(null, user));

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = express();
app.set("trust proxy", "loopback"); // a proxy on this machine ends TLS
const sessions = session({
  name: "__Host-sid",
  secret: "a secret",
  resave: false,
  saveUninitialized: false,
  cookie: { path: "/", secure: true, httpOnly: true, sameSite: "lax" },
});
const requireUser: RequestHandler = (request, response, next) => {
  if (request.isAuthenticated()) next();
  else response.sendStatus(401);
};

app.use(["/login", "/logout"], requestGuard(policy));
app.use(sessions, passport.session());

app.post("/login", express.urlencoded(), passport.authenticate("local"), (_request, response) => {
  response.sendStatus(204);
});
app.post("/logout", (request, response, next) => {
  const { sessionID } = request;
  request.logout((error) => {
    if (error) return next(error);
    gate.disconnect((connection) => connection.request.sessionID === sessionID, 4401, "Signed out");
    response.sendStatus(204);
  });
});

const server = createServer(app);
const gate = guard(server, { app, policy, before: [sessions, passport.session(), requireUser] });
gate.route("/chat", (socket, { request }) => {
  socket.send(JSON.stringify(request.user));
});

const io = new Server(server, { transports: ["websocket"] });
io.on("connection", (socket) => {
  const { user }: IncomingMessage & { user?: unknown } = socket.request;
  socket.on("who", (answer: (user: unknown) => void) => answer(user));
});
// #endregion

export const listen = (port: number): HttpServer => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => io.close();
