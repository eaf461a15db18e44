import { handshake } from "@wsorigin/testing";
import { afterEach, expect, test } from "vitest";
import { needs, type ProxyKind, startEcho, startProxy } from "./proxies.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A proxy that does nothing about WebSockets: what each does by itself. */
const plain: Readonly<Record<ProxyKind, (port: number, backend: number) => string>> = {
  nginx: (port, backend) =>
    `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${backend}; } }`,
  apache: (_port, backend) => `ProxyPass / http://127.0.0.1:${backend}/`,
  haproxy: (port, backend) =>
    `defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\nfrontend f\n  bind 127.0.0.1:${port}\n  default_backend b\nbackend b\n  server s 127.0.0.1:${backend}\n`,
  caddy: (port, backend) => `http://:${port} {\n\tbind 127.0.0.1\n\treverse_proxy 127.0.0.1:${backend}\n}`,
  varnish: (_port, backend) => `vcl 4.1;\nbackend b { .host = "127.0.0.1"; .port = "${backend}"; }\n`,
};

test.for([
  ["nginx", 426],
  ["apache", 426],
  ["haproxy", 101],
  ["caddy", 101],
  ["varnish", 426],
] as const)(
  "%s starts, stops, and answers a handshake with %i when nothing is configured",
  async ([kind, status], context) => {
    needs(kind, context);
    const echo = await startEcho();
    stops.push(() => echo.stop());
    const proxy = await startProxy({ kind, config: ({ port }) => plain[kind](port, echo.port) });
    stops.push(() => proxy.stop());
    const answer = await handshake({ port: proxy.port }, { path: "/ws", origin: "https://app.example.com" });
    answer.frames?.destroy();
    expect(answer.status).toBe(status);
    expect((status === 101 ? echo.handshakes : echo.requests)[0]?.origin).toBe("https://app.example.com");
  },
);

test("a configuration that the program refuses is told", async (context) => {
  needs("nginx", context);
  await expect(startProxy({ kind: "nginx", config: () => "nonsense on;" })).rejects.toThrow(
    /unknown directive "nonsense"/,
  );
});
