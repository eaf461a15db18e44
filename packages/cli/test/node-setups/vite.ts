import { createServer } from "vite";
import { atEnd, guarded } from "../backends.ts";
import { freePort } from "../proxies.ts";
import { page, type Setup } from "./setup.ts";

/** One development server for all its rows: starting it costs more than they do. */
let started: Promise<number> | undefined;
const vite = (): Promise<number> => (started ??= start());

async function start(): Promise<number> {
  const [alive, dead] = await Promise.all([guarded({ origins: [page] }), freePort()]);
  const to = (port: number, ws: boolean) => ({ target: `http://127.0.0.1:${port}`, ws, rewrite: () => "/ws" });
  const server = await createServer({
    configFile: false,
    logLevel: "silent",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: {
      port: 0,
      host: "127.0.0.1",
      proxy: { "/alive": to(alive, true), "/dead": to(dead, true), "/without": to(alive, false) },
    },
  });
  await server.listen();
  atEnd(() => server.close());
  const address = server.httpServer?.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

export const viteSetups: readonly Setup[] = [
  {
    name: "Vite: its own socket without the token",
    found: ["WSO023"],
    start: vite,
    args: ["--protocol", "vite-hmr"],
    path: "/",
  },
  { name: "Vite's proxy: in front of a gate", found: [], start: vite, path: "/alive" },
  { name: "Vite's proxy: the backend is down", found: ["WSO026"], start: vite, path: "/dead" },
  { name: "Vite's proxy: ws is missing", found: ["WSO028"], start: vite, path: "/without" },
];
