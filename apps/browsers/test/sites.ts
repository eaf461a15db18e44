import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { tls } from "./certificate.ts";

export interface Document {
  readonly type?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What pages are made of, under `/contexts/`: the same on every server, so that the origin is all that differs. */
export class Documents {
  readonly #documents = new Map<string, Document>();

  /** @returns the path that it is at */
  put(name: string, document: Document): string {
    const path = `/contexts/${name}`;
    this.#documents.set(path, document);
    return path;
  }

  /** Answers what is below `/contexts/`; `false`: it is somebody else's. */
  answer({ url = "" }: IncomingMessage, response: ServerResponse): boolean {
    if (!url.startsWith("/contexts/")) return false;
    const document = this.#documents.get(url.split("?", 1)[0] ?? "");
    if (document === undefined) response.writeHead(url === "/contexts/echo" ? 204 : 404).end();
    else {
      const { type = "text/html", body, headers } = document;
      response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-store", ...headers });
      response.end(body);
    }
    return true;
  }
}

/** Servers of somebody else, under any name: one with TLS, one without. */
export interface Sites {
  /** `https://evil.test:43210` */
  secure(host: string): string;
  /** `http://evil.test:43211` */
  plain(host: string): string;
  /** Where a handshake with somebody else is redirected to. */
  redirectTo: string;
  /** The paths of the handshakes that came here. */
  readonly handshakes: string[];
  close(): Promise<void>;
}

export async function startSites(documents: Documents): Promise<Sites> {
  const servers = [createSecureServer(tls), createServer()];
  const handshakes: string[] = [];
  const sites = { redirectTo: "", handshakes };
  for (const server of servers) {
    server.on("request", (request, response) => {
      if (!documents.answer(request, response)) response.writeHead(404).end();
    });
    server.on("upgrade", ({ url = "" }: IncomingMessage, socket: Duplex) => {
      handshakes.push(url);
      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: ${sites.redirectTo}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  }
  const [securePort, plainPort] = servers.map(portOf);
  return Object.assign(sites, {
    secure: (host: string) => `https://${host}:${securePort}`,
    plain: (host: string) => `http://${host}:${plainPort}`,
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}
