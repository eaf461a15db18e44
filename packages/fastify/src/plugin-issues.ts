import type { WebsocketPluginOptions } from "@fastify/websocket";
import type { GateIssue } from "@wsorigin/node";
import { issue, shared, unknownOptions } from "@wsorigin/node/adapter";
import type { FastifyInstance } from "fastify";
import { fastifyInternal } from "./routes.ts";

type ServerOptions = NonNullable<WebsocketPluginOptions["options"]>;

/** What the plugin sets itself: it owns the server, its routes, its subprotocols and its list of connections. */
type OwnedOption = "backlog" | "clientTracking" | "handleProtocols" | "host" | "noServer" | "port" | "server";

/** What may be given to `ws`. The compiler asks for a line here when `ws` gets another option. */
const serverOptions = {
  WebSocket: true,
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: true,
  maxBufferedChunks: true,
  maxFragments: true,
  maxPayload: true,
  perMessageDeflate: true,
  skipUTF8Validation: true,
  verifyClient: true,
} satisfies Record<keyof Omit<ServerOptions, OwnedOption> | "closeTimeout", true>;

/** What may be given for `@fastify/websocket`. */
export interface SocketOptions extends Pick<WebsocketPluginOptions, "errorHandler"> {
  readonly options?: Omit<ServerOptions, OwnedOption> & { readonly closeTimeout?: number };
}

const pluginOptions = { errorHandler: true, options: true } satisfies Record<keyof SocketOptions, true>;

/** Servers that the plugin guards already, in whatever copy. */
const guarded = shared("fastify.1", () => new WeakSet<object>());

/** Checks what is given for `@fastify/websocket`, and that neither it nor the plugin is registered already. */
export function pluginIssues(app: FastifyInstance, own: SocketOptions): readonly GateIssue[] {
  const issues = [...unknownOptions(own, pluginOptions, "websocket")];
  const { errorHandler, options = {} } = Object(own);
  issues.push(...unknownOptions(options, serverOptions, "websocket.options"));
  if (errorHandler !== undefined && typeof errorHandler !== "function")
    issues.push(issue("option-invalid", "websocket.errorHandler", "`websocket.errorHandler` must be a function."));
  if (guarded.has(app.server)) {
    const text =
      "@wsorigin/fastify is registered already, in this scope or in another one. Register it once, at the root.";
    issues.push(issue("plugin-conflict", "wsorigin", text));
  } else if (app.hasDecorator("websocketServer")) {
    const text =
      "@fastify/websocket is registered already, and would answer without asking the policy. Remove app.register(websocket, ...): this plugin registers it, with what you pass as `websocket`.";
    issues.push(issue("plugin-conflict", "websocket", text));
  }
  if (believesEveryClient(app)) {
    const text = `Fastify ${app.version} takes X-Forwarded-Host from every client as the Host that the policy checks. Install fastify@^5.8.3.`;
    issues.push(issue("plugin-conflict", "fastify", text));
  }
  if (issues.length === 0) guarded.add(app.server);
  return issues;
}

/** Whether X-Forwarded-Host counts though no proxy is trusted: before 5.8.3, which calls itself 5.8.2, so that the version does not tell. */
function believesEveryClient(app: FastifyInstance): boolean {
  const Request = fastifyInternal(app, "Request");
  if (typeof Request.buildRequest !== "function") return false;
  const Probe = Request.buildRequest(Request, () => false);
  const headers = { host: "host", "x-forwarded-host": "forwarded" };
  return new Probe("", {}, { headers, socket: { remoteAddress: "192.0.2.1" } }).host !== headers.host;
}
