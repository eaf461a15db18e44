// The types that these packages come with, or have at DefinitelyTyped, do not go with ES modules and Koa 3.

declare module "koa-easy-ws" {
  import type { DefaultState, Middleware } from "koa";
  import type { WebSocket } from "ws";

  function websocket(): Middleware<DefaultState, { ws?: () => Promise<WebSocket> }>;
  export = websocket;
}

declare module "koa-websocket" {
  import type Koa from "koa";
  import type { WebSocket } from "ws";

  type Middleware = (ctx: Koa.Context & { websocket: WebSocket }, next: Koa.Next) => unknown;
  function websockify(app: Koa): Koa & { ws: { use(middleware: Middleware): void } };
  export = websockify;
}
