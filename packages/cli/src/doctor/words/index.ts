import type { AppId } from "./frameworks.ts";

/** A fix in the words of the framework that answered. `ORIGIN`, `HOST` and `PATH` stand for the page's origin, the server's host and the socket's path. */
interface Words {
  /** How pages are allowed one by one, so that a page of another site opens nothing. */
  readonly gate: readonly string[];
  /** How the server refuses a Host that is not its own, where the framework lets every page in whose origin equals Host. */
  readonly hosts?: readonly string[];
  /** Where the list is to which an origin is added. */
  readonly list?: readonly string[];
}

const channels: Words = {
  gate: [
    "In asgi.py:",
    "from channels.security.websocket import OriginValidator",
    'application = ProtocolTypeRouter({"http": http, "websocket": OriginValidator(AuthMiddlewareStack(URLRouter(...)), [ORIGIN])})',
    'AllowedHostsOriginValidator compares the host only, so that http: passes too, and with ALLOWED_HOSTS = ["*"] everything. django-cors-headers never runs for a socket.',
  ],
  list: [
    "asgi.py: OriginValidator(..., [ORIGIN]). With AllowedHostsOriginValidator it is ALLOWED_HOSTS in the settings.",
  ],
};

const asgi: Words = {
  gate: [
    "A dependency that refuses before accept(); CORSMiddleware does not look at WebSockets:",
    "def known_page(websocket: WebSocket) -> None:",
    '    if websocket.headers.get("origin") not in [ORIGIN]:',
    "        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)",
    "@app.websocket(PATH, dependencies=[Depends(known_page)])",
  ],
  hosts: ["app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST])"],
  list: ['The list with which the socket\'s dependency compares websocket.headers["origin"].'],
};

const starlette: Words = {
  ...asgi,
  gate: [
    "In the endpoint, before accept(); CORSMiddleware does not look at WebSockets:",
    'if websocket.headers.get("origin") not in [ORIGIN]:',
    "    await websocket.close(code=1008)",
    "    return",
  ],
};

const go = "In the handler, before the upgrade:";

const words: Partial<Record<AppId, Words>> = {
  channels,
  django: channels,
  fastapi: asgi,
  starlette,
  spring: {
    gate: [
      "In registerWebSocketHandlers or registerStompEndpoints, after addHandler(...) or addEndpoint(...):",
      ".setAllowedOrigins(ORIGIN)",
      'and neither setAllowedOrigins("*") nor setAllowedOriginPatterns("*"). @CrossOrigin and addCorsMappings() do not apply to sockets.',
    ],
    hosts: [
      "Spring lets every page in whose origin equals Host. After addHandler(...): .addInterceptors(interceptor), a HandshakeInterceptor with",
      "boolean beforeHandshake(...) { var host = request.getHeaders().getHost(); return host != null && Set.of(HOST).contains(host.getHostString()); }",
    ],
    list: [".setAllowedOrigins(ORIGIN) after addHandler(...) or addEndpoint(...)."],
  },
  gorilla: {
    gate: ['upgrader.CheckOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") == ORIGIN }'],
    hosts: [
      "Without CheckOrigin, gorilla/websocket compares the Origin with Host and nothing else. Either a list:",
      'upgrader.CheckOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") == ORIGIN }',
      "or, in the handler, before the upgrade:",
      'if r.Host != HOSTPORT { http.Error(w, "unknown host", http.StatusMisdirectedRequest); return }',
    ],
    list: ["The function CheckOrigin of the websocket.Upgrader. Without one, the page's host must equal Host."],
  },
  coder: {
    gate: [
      "websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{ORIGIN}})",
      "and no InsecureSkipVerify. A pattern without a scheme lets http: in too; one with a scheme needs v1.8.14 or later.",
    ],
    hosts: [
      "coder/websocket lets every page in whose origin equals Host, whatever OriginPatterns says.",
      go,
      'if r.Host != HOSTPORT { http.Error(w, "unknown host", http.StatusMisdirectedRequest); return }',
    ],
    list: ["AcceptOptions{OriginPatterns: []string{ORIGIN}}"],
  },
  rails: {
    gate: [
      "In config/environments/production.rb:",
      "config.action_cable.allowed_request_origins = [ORIGIN]",
      "and neither a regular expression without \\A and \\z, nor config.action_cable.disable_request_forgery_protection = true.",
    ],
    hosts: [
      "Action Cable lets every page in whose origin equals Host, unless",
      "config.action_cable.allow_same_origin_as_host = false",
      "or Rails refuses other names: config.hosts = [HOST]",
    ],
    list: ["config.action_cable.allowed_request_origins = [ORIGIN]"],
  },
  phoenix: { gate: ['In endpoint.ex: socket "/socket", MySocket, websocket: [check_origin: [ORIGIN]]'] },
};

interface Case {
  readonly url: URL;
  readonly pageOrigin: string;
}

/** The fix in the framework's own words; `undefined` where it is not known which one answered, or how it is said there. */
export function inItsWords(
  app: { readonly id: AppId } | undefined,
  about: keyof Words,
  { url, pageOrigin }: Case,
): readonly string[] | undefined {
  const lines = app === undefined ? undefined : words[app.id]?.[about];
  return lines?.map((line) =>
    line
      .replaceAll("ORIGIN", JSON.stringify(pageOrigin))
      .replaceAll("HOSTPORT", JSON.stringify(url.host))
      .replaceAll("HOST", JSON.stringify(url.hostname))
      .replaceAll("PATH", JSON.stringify(url.pathname)),
  );
}
