import type { Target } from "../src/index.ts";
import { page } from "./guides.ts";

/** A request of a page, as a proxy that ends TLS passes it on. */
export interface PagePost {
  readonly origin?: string;
  readonly cookie?: string;
  /** A form, or JSON. */
  readonly body?: URLSearchParams | string;
}

/** Posts as a page does, and returns the whole response. */
export function post(
  { port }: Target,
  path: string,
  { origin = page, cookie, body }: PagePost = {},
): Promise<Response> {
  const headers = new Headers({ Origin: origin, "X-Forwarded-Proto": "https", Connection: "close" });
  if (cookie !== undefined) headers.set("Cookie", cookie);
  if (typeof body === "string") headers.set("Content-Type", "application/json");
  return fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, ...(body !== undefined && { body }) });
}

/** What a login form sends. */
export function credentialsOf(username: string): Record<string, string> {
  return { username, password: `secret of ${username}` };
}

/**
 * Signs Ann in over HTTP.
 *
 * @returns the cookies, as the lines of `Set-Cookie` that set them
 * @throws {Error} if there are none
 */
export async function signIn(
  target: Target,
  format: "form" | "json" = "form",
  cookie?: string,
): Promise<readonly string[]> {
  const credentials = credentialsOf("ann");
  const body = format === "json" ? JSON.stringify(credentials) : new URLSearchParams(credentials);
  const response = await post(target, "/login", { body, ...(cookie !== undefined && { cookie }) });
  const lines = response.headers.getSetCookie();
  if (response.status !== 204 || lines.length === 0)
    throw new Error(`The login was answered with ${response.status} and ${lines.length} cookies.`);
  return lines;
}

/** The Cookie header that a browser makes of these lines. */
export function cookieOf(lines: readonly string[]): string {
  return lines.map((line) => line.split(";", 1)[0]).join("; ");
}
