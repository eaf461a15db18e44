import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { answerFile, cardFiles, type Files, fromRoot, pageHeaders } from "./files.ts";

const files: Files = new Map([
  ["/", fromRoot("public/hostile/index.html")],
  ["/card.js", fromRoot("public/hostile/card.js")],
  ...cardFiles,
]);

/**
 * The pages of somebody else, the same under every name.
 *
 * @param app the origin of the app that they are after
 * @param steal gives a ticket that its own page could use
 */
export function createHostile(app: string, steal: () => Promise<string>): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { host = "", origin } = request.headers;
    // Named, since 'self' is nobody in a sandbox. Whoever attacks allows themselves what they like.
    const own = /^[\w.-]+:\d+$/.test(host) ? `http://${host}` : "'none'";
    const headers = pageHeaders([
      `script-src 'unsafe-inline' ${own}`,
      `style-src ${own}`,
      `font-src ${own}`,
      `connect-src ${own} ${app.replace("http", "ws")}`,
      "frame-src data:",
      "frame-ancestors http://localhost:*",
    ]);
    if (request.url === "/stolen" && (origin === undefined || origin === own)) {
      response.writeHead(200, { ...headers, "Content-Type": "text/plain" }).end(await steal());
      return;
    }
    if (!answerFile(files, request, response, headers)) response.writeHead(404, headers).end();
  };
  return (request, response) => void answer(request, response).catch(() => response.destroy());
}
