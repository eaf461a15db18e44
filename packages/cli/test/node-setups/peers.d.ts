// The types that it comes with do not go with ES modules and Koa 3.
declare module "koa-easy-ws" {
  import type { DefaultState, Middleware } from "koa";
  import type { WebSocket } from "ws";

  function websocket(): Middleware<DefaultState, { ws?: () => Promise<WebSocket> }>;
  export = websocket;
}
