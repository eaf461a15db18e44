/** What authors of an adapter for a framework need besides `@wsorigin/node`. */
export { middlewareIssues } from "./check-options.ts";
export type { OpenedSocket, RouteConnection } from "./connection/route-connection.ts";
export { middlewareRefusal, thrownRefusal } from "./delegation/middleware-refusal.ts";
export { refuseOnResponse } from "./delegation/refuse-on-response.ts";
export { UpgradeEmitter } from "./delegation/upgrade-emitter.ts";
export { issue } from "./errors.ts";
export type { AdapterGate } from "./gate.ts";
export { guardWith } from "./guard.ts";
export { type RequestAdapter, RequestGate } from "./http/request-guard.ts";
export type { Adapter, FrameworkUpgrade, Route } from "./routing/route.ts";
export { chooseProtocol, closeTimeout } from "./transport/acceptor.ts";
