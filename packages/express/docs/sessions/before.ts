import type { Server as HttpServer } from "node:http";
// #region guide
import { createServer, type IncomingMessage } from "node:http";
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import { Server } from "socket.io";
import { findUser } from "./users.ts";

passport.use(new Strategy((name, password, done) => done(null, findUser(name, password) ?? false)));
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user: Express.User, done) => done(null, user));

const app = express();
const sessions = session({ secret: "a secret", resave: false, saveUninitialized: false });
app.use(sessions, passport.session());

app.post("/login", express.urlencoded(), passport.authenticate("local"), (_request, response) => {
  response.sendStatus(204);
});
app.post("/logout", (request, response, next) => {
  request.logout((error) => (error ? next(error) : response.sendStatus(204)));
});

const server = createServer(app);
const io = new Server(server, { cors: { origin: "https://app.example.com", credentials: true } });
io.engine.use(sessions);
io.engine.use(passport.session());
io.on("connection", (socket) => {
  const { user }: IncomingMessage & { user?: unknown } = socket.request;
  if (user === undefined) socket.disconnect();
  socket.on("who", (answer: (user: unknown) => void) => answer(user));
});
// #endregion

export const listen = (port: number): HttpServer => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => io.close();
