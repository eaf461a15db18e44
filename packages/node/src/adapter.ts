/** What authors of an adapter for a framework need besides `@wsorigin/node`. */
export { shared } from "@wsorigin/core";
export { attempt, chooseProtocol } from "@wsorigin/core/gate";
export { type AppSample, checkApp } from "./check-app.ts";
export { unknownOptions } from "./check-options.ts";
export type { OpenedSocket, RouteConnection } from "./connection/route-connection.ts";
export { type ConnectMiddleware, runMiddleware } from "./delegation/connect-middleware.ts";
export { askMiddleware } from "./delegation/middleware-refusal.ts";
export { refuseOnResponse } from "./delegation/refuse-on-response.ts";
export { UpgradeEmitter } from "./delegation/upgrade-emitter.ts";
export { issue } from "./errors.ts";
export type { AdapterGate } from "./gate.ts";
export { guardWith } from "./guard.ts";
export { type Closable, guardRequests, type RequestAdapter, type RequestGate } from "./http/request-guard.ts";
export type { Adapter, FrameworkUpgrade, Route } from "./routing/route.ts";
export { closeTimeout } from "./transport/acceptor.ts";
