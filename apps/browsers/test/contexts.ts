import type { AllowCode, DenyCode } from "@wsorigin/node";
import { type AttemptOptions, attemptScript } from "./attempt.ts";
import type { Chat } from "./chat.ts";
import type { Documents, Sites } from "./sites.ts";

interface Place {
  readonly chat: Chat;
  readonly sites: Sites;
  readonly documents: Documents;
  /** What is tried there. It has a ticket that the chat's own page could use. */
  readonly attempt: AttemptOptions;
}

/** A kind of page. */
export interface Context {
  readonly name: string;
  /** What the gate decides; `undefined`: no handshake comes to it. */
  readonly code: AllowCode | DenyCode | undefined;
  /** Where it differs in Firefox. */
  readonly codeInFirefox?: AllowCode | DenyCode;
  /** Makes the page, which puts what it was told into `globalThis.told`, and returns its URL. */
  readonly page: (place: Place) => string;
}

declare global {
  var told: unknown;
}

const source = (options: AttemptOptions, told: string): string =>
  `${attemptScript} attempt(${JSON.stringify(options)}).then((told) => { ${told}; });`;
const inPage = (options: AttemptOptions): string => source(options, "globalThis.told = told");
const inFrame = (options: AttemptOptions): string => source(options, 'parent.postMessage(told, "*")');
const inWorker = (options: AttemptOptions): string => source(options, "postMessage(told)");
const inSharedWorker = (options: AttemptOptions): string =>
  `const port = new Promise((resolve) => { onconnect = ({ ports }) => resolve(ports[0]); });
  ${source(options, "port.then((port) => port.postMessage(told))")}`;

const listen = 'addEventListener("message", ({ data }) => { globalThis.told = data; });';
/** In a script of a page: `</script` in a text would end it. */
const literal = (text: string): string => JSON.stringify(text).replaceAll("<", "\\u003c");
const markup = (script: string): string => `<!doctype html><title>Context</title><script>${script}</script>`;
const scriptUrl = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** A page with that script, on the chat's own origin unless told otherwise. */
function page(
  { chat, documents }: Place,
  script: string,
  on = chat.url,
  headers: Readonly<Record<string, string>> = {},
): string {
  return on + documents.put("page", { body: markup(script), headers });
}

/** A page of the chat's origin with a frame. `make` sets what is in it. */
function framed(place: Place, make: string): string {
  const script = `${listen} addEventListener("DOMContentLoaded", () => {
    const frame = document.createElement("iframe"); ${make}; document.body.append(frame);
  });`;
  return page(place, script);
}

/** A frame's content at a path of its own. */
function frameAt({ documents, attempt }: Place): string {
  return documents.put("frame", { body: markup(inFrame(attempt)) });
}

function worker(place: Place, make: string): string {
  return page(place, `${make}.onmessage = ({ data }) => { globalThis.told = data; };`);
}

/** A page of the app that turns HSTS on for its host, and goes on to one of a sibling over plain http. */
function withHsts(place: Place): string {
  const { chat, documents, sites, attempt } = place;
  const url = attempt.url.replace("wss:", "ws:");
  const path = documents.put("plain", { body: markup(inPage({ ...attempt, url })) });
  const script = `location.href = ${literal(sites.plain("blog.example.test") + path)}`;
  return page(place, script, chat.url, { "Strict-Transport-Security": "max-age=600" });
}

export const contexts: readonly Context[] = [
  {
    name: "the app's own page",
    code: "origin-listed",
    page: (place) => page(place, inPage(place.attempt)),
  },
  {
    name: "with `Referrer-Policy: no-referrer`",
    code: "origin-listed",
    page: (place) => page(place, inPage(place.attempt), place.chat.url, { "Referrer-Policy": "no-referrer" }),
  },
  {
    name: "a page of another site",
    code: "origin-not-listed",
    page: (place) => page(place, inPage(place.attempt), place.sites.secure("evil.test")),
  },
  {
    name: "a page of a sibling subdomain",
    code: "origin-not-listed",
    page: (place) => page(place, inPage(place.attempt), place.sites.secure("blog.example.test")),
  },
  {
    name: "a page of another port of the host",
    code: "origin-not-listed",
    page: (place) => page(place, inPage(place.attempt), place.sites.secure(place.chat.host)),
  },
  {
    name: "a page of the host over plain http",
    code: "origin-not-listed",
    page: (place) => page(place, inPage(place.attempt), place.sites.plain(place.chat.host)),
  },
  {
    name: "`CSP: sandbox allow-scripts` on the app's own page",
    code: "origin-opaque",
    page: (place) =>
      page(place, inPage(place.attempt), place.chat.url, { "Content-Security-Policy": "sandbox allow-scripts" }),
  },
  {
    name: "a frame of another site in the app's page",
    code: "origin-not-listed",
    page: (place) => framed(place, `frame.src = ${literal(place.sites.secure("evil.test") + frameAt(place))}`),
  },
  {
    name: "a sandboxed frame",
    code: "origin-opaque",
    page: (place) => framed(place, `frame.sandbox = "allow-scripts"; frame.src = ${literal(frameAt(place))}`),
  },
  {
    name: "a sandboxed frame with `allow-same-origin`",
    code: "origin-listed",
    page: (place) =>
      framed(place, `frame.sandbox = "allow-scripts allow-same-origin"; frame.src = ${literal(frameAt(place))}`),
  },
  {
    name: "a `srcdoc` frame",
    code: "origin-listed",
    page: (place) => framed(place, `frame.srcdoc = ${literal(markup(inFrame(place.attempt)))}`),
  },
  {
    name: "a `data:` frame",
    code: "origin-opaque",
    page: (place) =>
      framed(place, `frame.src = ${literal(`data:text/html,${encodeURIComponent(markup(inFrame(place.attempt)))}`)}`),
  },
  {
    name: "a `blob:` frame",
    code: "origin-listed",
    page: (place) =>
      framed(
        place,
        `frame.src = URL.createObjectURL(new Blob([${literal(markup(inFrame(place.attempt)))}], { type: "text/html" }))`,
      ),
  },
  {
    name: "an `about:blank` frame",
    code: "origin-listed",
    page: (place) =>
      framed(
        place,
        `setTimeout(() => {
          const script = frame.contentDocument.createElement("script");
          script.text = ${literal(inFrame(place.attempt))};
          frame.contentDocument.body.append(script);
        })`,
      ),
  },
  {
    name: "a worker",
    code: "origin-listed",
    page: (place) => {
      const path = place.documents.put("worker.js", { type: "text/javascript", body: inWorker(place.attempt) });
      return worker(place, `new Worker(${literal(path)})`);
    },
  },
  {
    name: "a `blob:` worker",
    code: "origin-listed",
    page: (place) => worker(place, `new Worker(URL.createObjectURL(new Blob([${literal(inWorker(place.attempt))}])))`),
  },
  {
    name: "a `data:` worker",
    code: "origin-opaque",
    codeInFirefox: "origin-listed",
    page: (place) => worker(place, `new Worker(${literal(scriptUrl(inWorker(place.attempt)))})`),
  },
  {
    name: "a shared worker",
    code: "origin-listed",
    page: (place) => {
      const body = inSharedWorker(place.attempt);
      const path = place.documents.put("shared.js", { type: "text/javascript", body });
      return worker(place, `new SharedWorker(${literal(path)}).port`);
    },
  },
  {
    name: "`CSP: connect-src` that names the socket",
    code: "origin-listed",
    page: (place) => {
      const policy = `default-src 'unsafe-inline'; connect-src ${place.chat.sockets}`;
      return page(place, inPage(place.attempt), place.chat.url, { "Content-Security-Policy": policy });
    },
  },
  {
    name: "`CSP: connect-src` without it",
    code: undefined,
    page: (place) => {
      const policy = `default-src 'unsafe-inline'; connect-src ${place.sites.secure("evil.test")}`;
      return page(place, inPage(place.attempt), place.chat.url, { "Content-Security-Policy": policy });
    },
  },
  {
    name: "mixed content: `ws:` from an https page",
    code: undefined,
    page: (place) => {
      const url = `${place.sites.plain("api.example.test").replace("http:", "ws:")}/chat/lobby`;
      return page(place, inPage({ ...place.attempt, url }));
    },
  },
  {
    name: "a redirect to the app, from another server",
    code: undefined,
    page: (place) => {
      place.sites.redirectTo = place.attempt.url.replace("wss:", "https:");
      const url = `${place.sites.secure("evil.test").replace("https:", "wss:")}/redirected`;
      return page(place, inPage({ ...place.attempt, url }));
    },
  },
  // The last ones: browsers remember it for the host.
  {
    name: "`ws:` to a host with HSTS, from a page over plain http",
    code: "origin-opaque",
    codeInFirefox: "origin-not-listed",
    page: (place) => withHsts({ ...place, attempt: { ...place.attempt, protocols: [] } }),
  },
  {
    name: "the same, with a subprotocol",
    code: "origin-opaque",
    // It sends the list twice, which no server may take (RFC 6455 section 4.1, item 10).
    codeInFirefox: "handshake-malformed",
    page: withHsts,
  },
];
