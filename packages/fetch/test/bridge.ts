import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { type Allowed, upgradeGuard, type UpgradeGuard, type UpgradeGuardOptions } from "../src/index.ts";

/** What an allowed handshake is opened with. */
export type OnOpen<P> = (socket: WebSocket, result: Allowed<P>) => void;

/** Makes the Request that a web-standard server makes of an upgrade: repeated fields are joined, and the URL is made from Host. */
function requestOf(upgrade: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let index = 0; index < upgrade.rawHeaders.length; index += 2)
    headers.append(upgrade.rawHeaders[index] ?? "", upgrade.rawHeaders[index + 1] ?? "");
  const target = upgrade.url ?? "/";
  const url = target.startsWith("/") ? `http://${upgrade.headers.host ?? "localhost"}${target}` : target;
  return new Request(url, { method: upgrade.method ?? "GET", headers, signal });
}

/** Serves a guard on a server of Node.js, whose upgrades it turns into Requests. What is no Request is answered with 400, as such servers do. */
export async function bridge<P>(
  options: UpgradeGuardOptions<P>,
  onOpen: OnOpen<P> = () => {},
): Promise<{ readonly target: { readonly port: number }; readonly guard: UpgradeGuard<P> }> {
  const guard = upgradeGuard({ log: false, ...options });
  const server = createServer((_request, response) => void response.writeHead(404).end());
  server.on("upgrade", (upgrade, stream, head) => {
    const gone = new AbortController();
    stream.on("error", () => {}).on("close", () => gone.abort());
    stream.on("end", () => gone.abort());
    const refuse = (status: number, lines: readonly string[], body: string): void => {
      const reason = STATUS_CODES[status] ?? "";
      stream.end([`HTTP/1.1 ${status} ${reason}`, "Connection: close", ...lines, "", body].join("\r\n"));
    };
    const serve = async (): Promise<void> => {
      const request = requestOf(upgrade, gone.signal);
      const result = await guard(request, { ip: "192.0.2.1", route: "/chat" });
      if (!result.allowed) {
        const { response } = result;
        const lines = Array.from(response.headers, ([name, value]) => `${name}: ${value}`);
        return refuse(response.status, lines, await response.text());
      }
      const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => result.protocol ?? false });
      sockets.on("wsClientError", () => refuse(400, [], ""));
      sockets.handleUpgrade(upgrade, stream, head, (socket) => {
        socket.on("error", () => {});
        onOpen(socket, result);
      });
    };
    serve().catch(() => refuse(400, [], ""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    guard.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { target: { port }, guard };
}
