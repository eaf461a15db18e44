import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { hostileFolders, pageHeaders, socketOriginOf } from "./pages.ts";

const { own, common } = hostileFolders;

/** The page of somebody else: what it needs to know is where the chat is. */
export function createHostilePage(chatUrl: string): RequestListener {
  const { host } = new URL(chatUrl);
  const headers = { ...pageHeaders([chatUrl, socketOriginOf(chatUrl)]), "Cache-Control": "no-store" };
  const page = readFileSync(join(own, "index.html"), "utf8")
    .replaceAll("{{chat}}", chatUrl)
    .replaceAll("{{host}}", host);
  const files = new Map([
    ["/", { type: "text/html", body: page }],
    ["/hostile.js", { type: "text/javascript", body: readFileSync(join(own, "hostile.js")) }],
    ["/hostile.css", { type: "text/css", body: readFileSync(join(own, "hostile.css")) }],
    ["/colors.css", { type: "text/css", body: readFileSync(join(common, "colors.css")) }],
    ["/theme.css", { type: "text/css", body: readFileSync(join(common, "theme.css")) }],
    ["/icon.svg", { type: "image/svg+xml", body: readFileSync(join(common, "icon.svg")) }],
  ]);
  return (request, response) => {
    const file = files.get(request.url ?? "");
    if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, "Content-Type": `${file.type}; charset=utf-8` }).end(file.body);
  };
}
