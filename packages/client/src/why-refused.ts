import { socketUrl } from "./socket-url.ts";

/** Why a gate refuses this page's sockets: the code of its decision, and a text for the developer. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
}

export interface WhyRefusedOptions {
  /** Instead of the browser's own. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the gate over HTTP why it refuses, since a refused handshake tells a page nothing (1006). For development: only a gate with
 * `explainRoute: true` answers, and only about the page's own Origin.
 *
 * One GET with the page's cookies and without headers of its own, so that it needs no preflight. The token is not sent, so nothing is said about it.
 *
 * @returns `undefined` for every other answer, and for none: a network error, another status, an aborted `signal`
 * @throws {TypeError} for a URL that `socketUrl` refuses
 */
export async function whyRefused(url: string, options: WhyRefusedOptions = {}): Promise<Refusal | undefined> {
  const target = new URL(socketUrl(url).replace("ws", "http"));
  target.searchParams.set("wsorigin-explain", "1");
  const get = options.fetch ?? fetch;
  try {
    const init: RequestInit = { credentials: "include", cache: "no-store" };
    const response = await get(target.href, options.signal === undefined ? init : { ...init, signal: options.signal });
    if (!response.ok) return undefined;
    const { code, text }: { code: unknown; text: unknown } = await response.json();
    return typeof code === "string" && typeof text === "string" ? { code, text } : undefined;
  } catch {
    return undefined;
  }
}
