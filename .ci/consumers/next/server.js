// A custom server of Next.js on one of the frameworks: `node server.js koa`. Prints its port.
import { createServer } from "node:http";
import next from "next";
import { policy } from "./lib/tickets.js";

const app = next({ dev: false, dir: import.meta.dirname });
await app.prepare();
const handle = app.getRequestHandler();
const log = (text) => console.error(text);

const frameworks = {
  async express() {
    const [{ guard }, { default: express }] = await Promise.all([import("@wsorigin/express"), import("express")]);
    const web = express();
    web.use((request, response) => handle(request, response));
    const server = createServer(web);
    guard(server, { app: web, policy, log }).route("/chat", (socket, { principal }) => socket.send(principal));
    return server.listen(0, "127.0.0.1");
  },
  async koa() {
    const [{ guard }, { default: Koa }] = await Promise.all([import("@wsorigin/koa"), import("koa")]);
    const web = new Koa();
    web.use(async (ctx) => {
      ctx.respond = false;
      await handle(ctx.req, ctx.res);
    });
    const server = createServer(web.callback());
    guard(server, { app: web, policy, log }).route("/chat", (socket, { principal }) => socket.send(principal));
    return server.listen(0, "127.0.0.1");
  },
  async fastify() {
    const [{ wsorigin }, { default: Fastify }] = await Promise.all([import("@wsorigin/fastify"), import("fastify")]);
    const web = Fastify();
    await web.register(wsorigin, { policy, log });
    web.get("/chat", { websocket: true }, (socket, request) => socket.send(request.wsorigin.principal));
    web.all("/*", async (request, reply) => {
      reply.hijack();
      await handle(request.raw, reply.raw);
    });
    await web.listen({ port: 0, host: "127.0.0.1" });
    return web.server;
  },
};

const server = await frameworks[process.argv[2]]();
if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
process.send({ port: server.address().port });
