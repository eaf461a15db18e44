import { type Source, source } from "../source.ts";

export const viteMessages: readonly Source[] = [
  source("Vite's client or development server", {
    "dev-server-socket": [
      "[vite] failed to connect to websocket",
      "[vite] server connection lost. polling for restart",
      "websocket closed without opened",
      "[vite] direct websocket connection fallback",
      "[vite] websocket connection failed",
    ],
    "dev-server-proxy": ["ws proxy error:", "ws proxy socket error:", "ws proxy bypass error:"],
    "port-in-use": [["websocket server error: port", "is already in use"]],
    "dev-server-origin": [["blocked request. this host (", "is not allowed"]],
  }),
];
