import type { Mistake } from "./mistake.ts";

const policyLine = 'const policy = createPolicy({ origins: ["https://app.example.com"] });\n';
const route = 'gate.route("/chat", (socket) => socket.send("Welcome"));';

const originRows: readonly Mistake[] = [
  {
    title: '`origins: "*"`',
    why: "There is no entry for every page: a page of any site could open sockets with its visitor's cookies.",
    kind: "policy",
    wrong: 'const policy = createPolicy({ origins: "*" });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
  },
  {
    title: "A comma-separated environment variable as `origins`",
    kind: "policy",
    env: { ORIGINS: "https://app.example.com,https://admin.example.com" },
    wrong: "const policy = createPolicy({ origins: process.env.ORIGINS });",
    right: "const policy = createPolicy({ origins: splitList(process.env.ORIGINS) });",
  },
  {
    title: "A comma-separated environment variable as `hosts`",
    kind: "policy",
    env: { HOSTS: "api.example.com,api.example.net" },
    wrong: 'const policy = createPolicy({ origins: ["https://app.example.com"], hosts: process.env.HOSTS });',
    right:
      'const policy = createPolicy({ origins: ["https://app.example.com"], hosts: splitList(process.env.HOSTS) });',
  },
  {
    title: "A URL instead of an origin",
    why: "An origin ends after the host and the port.",
    kind: "policy",
    wrong: 'const policy = createPolicy({ origins: ["https://app.example.com/"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
  },
  {
    title: "An origin without its scheme",
    kind: "policy",
    wrong: 'const policy = createPolicy({ origins: ["app.example.com"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
  },
  {
    title: "The URL of the WebSocket instead of the page's origin",
    kind: "policy",
    wrong: 'const policy = createPolicy({ origins: ["wss://app.example.com"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
  },
  {
    title: "A page on another port: `localhost:5173`",
    why: "The development server's page and the API are different origins.",
    kind: "policy",
    request: { origin: "http://localhost:5173", hostHeader: "localhost:3000" },
    wrong: 'const policy = createPolicy({ origins: ["http://localhost:3000"] });',
    right: 'const policy = createPolicy({ origins: ["http://localhost:5173"] });',
  },
  {
    title: "A phone on the local network: `http://192.168.1.5:5173`",
    kind: "policy",
    request: { origin: "http://192.168.1.5:5173", hostHeader: "192.168.1.5:3000" },
    wrong: 'const policy = createPolicy({ origins: ["http://192.168.1.5:5173"] });',
    right: `const policy = createPolicy({
  origins: ["http://192.168.1.5:5173"],
  dangerouslyAllowInsecureOrigins: ["http://192.168.1.5:5173"],
});`,
  },
  {
    title: "A wildcard inside a label: preview deployments",
    why: "Anyone can register a name below `vercel.app` that a pattern matches, so list the deployments that are yours.",
    kind: "policy",
    request: { origin: "https://my-app-git-fix-team.vercel.app" },
    wrong: 'const policy = createPolicy({ origins: ["https://my-app-git-*-team.vercel.app"] });',
    right: `const previews = new Set(["https://my-app-git-fix-team.vercel.app"]); // your deployment adds to it
const policy = createPolicy({ directory: previews });`,
  },
  {
    title: "A Firefox extension, whose id differs in each installation",
    kind: "policy",
    request: { origin: "moz-extension://3c3f2e6c-54c8-4b0a-9f3e-0d8c6f1b2a77" },
    wrong: 'const policy = createPolicy({ origins: ["moz-extension://*"] });',
    right: `const policy = createPolicy({
  directory: { has: (origin) => /^moz-extension:\\/\\/[0-9a-f-]{36}$/.test(origin) },
});`,
  },
  {
    title: "A VS Code webview",
    kind: "policy",
    request: { origin: "vscode-webview://1k2v3b4n5m6" },
    wrong: 'const policy = createPolicy({ origins: ["vscode-webview://*"] });',
    right: `const policy = createPolicy({
  directory: { has: (origin) => /^vscode-webview:\\/\\/[a-z0-9]+$/.test(origin) },
});`,
  },
  {
    title: "`Origin: file://`: Electron's `loadFile()`",
    kind: "policy",
    request: { origin: "file://" },
    fixed: { origin: "app://bundle" },
    wrong: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com", "app://bundle"] });',
    note: 'In Electron, serve the page with `protocol.handle("app", ...)` and load `app://bundle/index.html`.',
  },
];

const clientRows: readonly Mistake[] = [
  {
    title: "A client that is not a browser: wscat, Postman, `ws` in Node.js",
    why: "Such clients send no Origin.",
    kind: "policy",
    request: { origin: null },
    fixed: { origin: "https://app.example.com" },
    wrong: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"] });',
    note: "`wscat -c wss://api.example.com/chat -o https://app.example.com`",
  },
  {
    title: "A page cannot send an `Authorization` header",
    kind: "policy",
    fixed: { path: "/chat?ticket=secret" },
    wrong: `const verify = (token) => (token === "secret" ? grant({ principal: "ann" }) : refuse("invalid"));
const policy = createPolicy({ origins: ["https://app.example.com"], token: { from: [bearerHeader()], verify } });`,
    right: `const verify = (token) => (token === "secret" ? grant({ principal: "ann" }) : refuse("invalid"));
const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [bearerHeader(), queryParam("ticket")], verify },
});`,
  },
  {
    title: "`verify` returns the user instead of `grant()`",
    kind: "policy",
    request: { headers: [["Cookie", "sid=secret"]] },
    wrong: `const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [cookie("sid")], verify: async (sid) => ({ name: "ann" }) },
});`,
    right: `const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [cookie("sid")], verify: async (sid) => grant({ principal: { name: "ann" } }) },
});`,
  },
  {
    title: "`expiresAt` in seconds, as in a JWT",
    kind: "policy",
    request: { headers: [["Cookie", "sid=secret"]] },
    wrong: `const exp = 4102444800;
const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [cookie("sid")], verify: () => grant({ principal: "ann", expiresAt: exp }) },
});`,
    right: `const exp = 4102444800;
const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [cookie("sid")], verify: () => grant({ principal: "ann", expiresAt: exp * 1000 }) },
});`,
  },
  {
    title: "A session cookie, and every client allowed that sends no Origin",
    kind: "policy",
    request: { headers: [["Cookie", "sid=secret"]] },
    wrong: `const policy = createPolicy({
  origins: ["https://app.example.com"],
  missingOrigin: "allow",
  token: { from: [cookie("sid")], verify: () => grant({ principal: "ann" }) },
});`,
    right: `const policy = createPolicy({
  origins: ["https://app.example.com"],
  token: { from: [cookie("sid")], verify: () => grant({ principal: "ann" }) },
});`,
  },
  {
    title: "The page offers a subprotocol that the server does not list",
    kind: "node",
    request: { headers: [["Sec-WebSocket-Protocol", "chat.v1"]] },
    wrong: `${policyLine}const server = createServer();
const gate = guard(server, { policy });
${route}`,
    right: `${policyLine}const server = createServer();
const gate = guard(server, { policy, protocols: ["chat.v1"] });
${route}`,
  },
  {
    title: "A message longer than `maxPayload`",
    kind: "node",
    sends: 70_000,
    wrong: `${policyLine}const server = createServer();
const gate = guard(server, { policy, maxPayload: 65536 });
${route}`,
    right: `${policyLine}const server = createServer();
const gate = guard(server, { policy, maxPayload: 1048576 });
${route}`,
  },
  {
    title: "A path without a route",
    kind: "express",
    request: { path: "/chats" },
    fixed: { path: "/chat" },
    wrong: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
    right: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
    note: '`new WebSocket("wss://api.example.com/chat")`',
  },
];

const proxyRows: readonly Mistake[] = [
  {
    title: "`sameHost` behind a proxy that ends TLS",
    kind: "express",
    request: { origin: "https://api.example.com", headers: [["X-Forwarded-Proto", "https"]] },
    wrong: `const policy = createPolicy({ sameHost: true, hosts: ["api.example.com"] });
const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
    right: `const policy = createPolicy({ sameHost: true, hosts: ["api.example.com"] });
const app = express();
app.set("trust proxy", "loopback");
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
  },
  {
    title: "`sameHost` behind a proxy that drops the port of Host",
    kind: "policy",
    request: { origin: "http://localhost:8080", hostHeader: "localhost" },
    fixed: { hostHeader: "localhost:8080" },
    wrong: 'const policy = createPolicy({ sameHost: true, hosts: ["localhost"] });',
    right: 'const policy = createPolicy({ sameHost: true, hosts: ["localhost"] });',
    note: "In nginx, `proxy_set_header Host $http_host;` instead of `$host`.",
  },
  {
    title: "A proxy that replaces Host with the upstream's name",
    kind: "policy",
    request: { hostHeader: "backend:3000" },
    fixed: { hostHeader: "api.example.com" },
    wrong: 'const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] });',
    right: 'const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] });',
    note: "In nginx, `proxy_set_header Host $http_host;`.",
  },
];

const setupRows: readonly Mistake[] = [
  {
    title: "`guard(app)`",
    kind: "express",
    wrong: `${policyLine}const app = express();
const gate = guard(app, { app, policy });`,
    right: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
  },
  {
    title: "`app.listen()` instead of `server.listen()`",
    why: "`app.listen()` makes a server of its own, which has no gate. The log says so after ten seconds.",
    kind: "express",
    after: 10_000,
    wrong: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}
app.listen(3000);`,
    right: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}
server.listen(3000);`,
  },
  {
    title: "A server that is guarded twice",
    kind: "node",
    wrong: `${policyLine}const server = createServer();
const gate = guard(server, { policy });
guard(server, { policy }).route("/chat", (socket) => socket.send("Welcome"));`,
    right: `${policyLine}const server = createServer();
const gate = guard(server, { policy });
${route}`,
  },
  {
    title: "No policy",
    kind: "node",
    wrong: "const server = createServer();\nconst gate = guard(server, {});",
    right: `${policyLine}const server = createServer();
const gate = guard(server, { policy });
${route}`,
  },
  {
    title: "The policy's options instead of a policy",
    kind: "koa",
    wrong: `const app = new Koa();
const server = createServer(app.callback());
const gate = guard(server, { app, policy: { origins: ["https://app.example.com"] } });`,
    right: `const app = new Koa();
const server = createServer(app.callback());
const gate = guard(server, { app, policy: createPolicy({ origins: ["https://app.example.com"] }) });
${route}`,
  },
  {
    title: "A misspelt option",
    kind: "node",
    wrong: `${policyLine}const server = createServer();
const gate = guard(server, { policy, protocol: ["chat.v1"] });`,
    right: `${policyLine}const server = createServer();
const gate = guard(server, { policy, protocols: ["chat.v1"] });
${route}`,
  },
  {
    title: "`cors()` in `before`",
    kind: "express",
    wrong: `${policyLine}const app = express();
const server = createServer(app);
const gate = guard(server, { app, policy, before: [cors()] });`,
    right: `${policyLine}const app = express();
app.use(cors(corsOptions(policy)));
const server = createServer(app);
const gate = guard(server, { app, policy });
${route}`,
  },
  {
    title: "An http2 server that has clients already",
    kind: "node",
    tls: true,
    wrong: `${policyLine}const server = createSecureServer({ key, cert, allowHTTP1: true });
await serveClients(server); // listens, and browsers connect
const gate = guard(server, { policy });`,
    right: `${policyLine}const server = createSecureServer({ key, cert, allowHTTP1: true });
const gate = guard(server, { policy });
${route}
await serveClients(server);`,
  },
];

const fastifyRoute = 'app.get("/chat", { websocket: true }, (socket) => socket.send("Welcome"));';

const fastifyRows: readonly Mistake[] = [
  {
    title: "Fastify: a route that is added before the plugin",
    kind: "fastify",
    wrong: `${policyLine}const app = Fastify();
${fastifyRoute}
await app.register(wsorigin, { policy });`,
    right: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
${fastifyRoute}`,
  },
  {
    title: "Fastify: the plugin is not awaited",
    kind: "fastify",
    wrong: `${policyLine}const app = Fastify();
app.register(wsorigin, { policy });
${fastifyRoute}`,
    right: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
${fastifyRoute}`,
  },
  {
    title: "Fastify: the plugin is registered twice",
    kind: "fastify",
    wrong: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
await app.register(wsorigin, { policy });`,
    right: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
${fastifyRoute}`,
  },
  {
    title: "Fastify: @fastify/websocket is registered too",
    kind: "fastify",
    wrong: `${policyLine}const app = Fastify();
await app.register(websocket);
await app.register(wsorigin, { policy });`,
    right: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
${fastifyRoute}`,
  },
  {
    title: "Fastify: no policy",
    kind: "fastify",
    wrong: "const app = Fastify();\nawait app.register(wsorigin, {});",
    right: `${policyLine}const app = Fastify();
await app.register(wsorigin, { policy });
${fastifyRoute}`,
  },
];

/** Every group, with its heading. */
export const mistakes: readonly (readonly [heading: string, rows: readonly Mistake[]])[] = [
  ["Origins and hosts", originRows],
  ["Clients and tokens", clientRows],
  ["Behind a proxy", proxyRows],
  ["Setting up", setupRows],
  ["Fastify", fastifyRows],
];
