import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A page's own folder, and the one that both pages share. Served as they are. */
export interface Folders {
  readonly own: string;
  readonly common: string;
}

export const chatFolders: Folders = { own: folder("chat"), common: folder("common") };
/** The built `@wsorigin/client`, which pages load as it is, from `/client/index.js`. */
export const clientFolder: string = join(
  dirname(createRequire(import.meta.url).resolve("@wsorigin/client/package.json")),
  "dist",
);
export const hostileFolders: Folders = { own: folder("hostile"), common: folder("common") };

/**
 * The headers of every page: nothing is loaded but from its own origin, nothing inline runs, nobody frames it.
 *
 * @param connect what its scripts may connect to beside their own origin. Sockets are named, since not every browser takes `'self'` for them
 */
export function pageHeaders(connect: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${connect.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}

/** Where the pages of an origin open their sockets. */
export function socketOriginOf(origin: string): string {
  return origin.replace(/^http/, "ws");
}

function folder(name: string): string {
  return fileURLToPath(new URL(`../public/${name}/`, import.meta.url));
}
