import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chatFolders } from "chat-kit";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** A path of this package, from `dist/server` as from `src/server`. */
export function fromRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const fonts = createRequire(import.meta.url);

/** What every card is drawn with. */
export const cardFiles: Files = new Map([
  ["/card.css", fromRoot("public/common/card.css")],
  ["/colors.css", join(chatFolders.common, "colors.css")],
  ["/inter.woff2", fonts.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")],
  ["/mono.woff2", fonts.resolve("@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2")],
]);

/** Files by the path that they are served at, read anew each time: there are few. */
export type Files = ReadonlyMap<string, string>;

/** Answers with a file; `false`: there is none of that path. */
export function answerFile(
  files: Files,
  { method, url = "" }: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): boolean {
  const file = files.get(url.split("?", 1)[0] ?? "");
  if (file === undefined || (method !== "GET" && method !== "HEAD")) return false;
  const body = readFileSync(file);
  // A sandboxed frame asks for its fonts as nobody, and fonts are asked for with CORS.
  const shared = extname(file) === ".woff2" ? { "Access-Control-Allow-Origin": "*" } : {};
  response
    .writeHead(200, { ...headers, ...shared, "Content-Type": types[extname(file)] ?? "application/octet-stream" })
    .end(body);
  return true;
}

/** Headers of pages: what may be loaded, by whom they may be framed. */
export function pageHeaders(directives: readonly string[]): Readonly<Record<string, string>> {
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      ...directives,
    ].join("; "),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}
