import type { Entry } from "./entry.ts";
import { clientStatuses } from "./meanings/statuses-client.ts";
import { otherStatus, serverStatuses } from "./meanings/statuses-server.ts";
import { type Message, numberAt } from "./message.ts";

/** A status after one of these, in a normalised line, is the handshake's answer. */
const before: readonly (readonly [text: string, who: string])[] = [
  ["unexpected response code: ", "Chrome, Edge or another Chromium browser, or an old Safari"],
  ["unexpected server response: ", "`ws` for Node, or a program that uses it (wscat)"],
  ["rejected websocket connection: http ", "Python, websockets"],
  ["status code not 101: ", "Python, websockets 9 or older"],
  ["handshake status ", "Python, websocket-client"],
  ["wsserverhandshakeerror: ", "Python, aiohttp"],
  ["invalid response status", "Python, aiohttp"],
  ["expected 101 status code: ", "Bun"],
  ["but got ", "Go, coder/websocket"],
  ["the server returned status code '", ".NET, ClientWebSocket"],
  ["connectstatusexpected, ", ".NET, ClientWebSocket"],
  ["http error: ", "Rust, tungstenite"],
  ["the http response from the server [", "Java, Tomcat's client"],
  ["elb ", "an AWS load balancer"],
  ["response code was not 101: ", "Java, Tyrus"],
  ["bad response code from server ", "iOS, SocketRocket"],
  ["refused websocket upgrade: ", "curl"],
  ["unexpected status code (", "websocat"],
  ["http/1.1 ", "an HTTP status line"],
  ["http/1.0 ", "an HTTP status line"],
  ["http/2 ", "an HTTP status line"],
  ["response code was not 101, but ", "a WebSocket client"],
  ["expected http 101 response but was '", "Android or Java, OkHttp"],
  ["invalid status code: ", "Deno, or another WebSocket client"],
  ["status code: ", "a WebSocket client"],
  ["status code ", "a WebSocket client"],
  ["statuscode: ", "a WebSocket client"],
  ["'statuscode':", "a log in JSON"],
  ["'status':", "a log in JSON"],
  ["status: ", "a WebSocket client"],
  ["status=", "a WebSocket client"],
  ["status ", "a WebSocket client"],
  ["http ", "an HTTP client"],
  ["error code: ", "a WebSocket client, or Cloudflare"],
  ["code: ", "a WebSocket client"],
  ["code ", "a WebSocket client"],
];

export interface Answered {
  readonly status: number;
  readonly who: string;
}

/** The status of a handshake's answer that a line names, and who says so. */
export function statusIn({ plain }: Message): Answered | undefined {
  const whole = plain.length === 3 ? numberAt(plain, 0, 3) : undefined;
  if (whole !== undefined && isStatus(whole)) return { status: whole, who: "" };
  return after(plain, before) ?? cloudflareStatus(plain);
}

function after(plain: string, texts: typeof before): Answered | undefined {
  for (const [text, who] of texts) {
    for (let index = plain.indexOf(text); index >= 0; index = plain.indexOf(text, index + text.length)) {
      const status = numberAt(plain, index + text.length, 3);
      // A 101 is no refusal: a client that names it says which one it expected.
      if (status !== undefined && isStatus(status) && status !== 101) return { status, who };
    }
  }
  return undefined;
}

/** `Error 524`, `Cloudflare error 524`: statuses that nobody else uses. */
function cloudflareStatus(plain: string): Answered | undefined {
  const found = after(plain, [["error ", "Cloudflare"]]);
  return found !== undefined && (found.status >= 520 || plain.includes("cloudflare")) ? found : undefined;
}

function isStatus(number: number): boolean {
  return number >= 100 && number <= 599;
}

const statuses = [...clientStatuses, ...serverStatuses];

export function entryOfStatus(status: number): Entry {
  return statuses.find(([covers]) => covers(status))?.[1] ?? otherStatus;
}

export const statusEntries: readonly Entry[] = [...statuses.map(([, entry]) => entry), otherStatus];
