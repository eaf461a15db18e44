import { request } from "node:http";
import { page, type Running, tickets } from "./app.js";

/** The status that a handshake gets. */
export function statusOf(port: number, origin: string, path = "/chat/lobby"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Origin: origin,
    };
    const sent = request({ host: "127.0.0.1", port, path, headers });
    sent.on("error", reject);
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    sent.end();
  });
}

/** What an app answers to its page, to a foreign page, to its page with a ticket, and to the same ticket again. */
export async function answersOf(start: () => Promise<Running>): Promise<string> {
  const app = await start();
  try {
    const ticket = await tickets.issue({ principal: "ada", origin: page });
    const statuses = [
      await statusOf(app.port, page),
      await statusOf(app.port, "https://evil.test"),
      await statusOf(app.port, page, `/chat/lobby?ticket=${ticket}`),
      await statusOf(app.port, page, `/chat/lobby?ticket=${ticket}`),
    ];
    return statuses.join(" ");
  } finally {
    await app.close();
  }
}
