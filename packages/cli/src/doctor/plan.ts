import type { DoctorOptions } from "./arguments.ts";

/** One request that the doctor sends, and what for. */
export interface Probe {
  readonly name: ProbeName;
  /** What is learnt from it, in a few words. */
  readonly what: string;
  readonly request: string;
  /** How long to read on after a 101, in milliseconds. */
  readonly settle: number;
}

export type ProbeName =
  | "plain"
  | "version"
  | "page"
  | "bare"
  | "none"
  | "null"
  | "evil"
  | "evil-without-cookie"
  | "suffix"
  | "prefix"
  | "subdomain"
  | "scheme"
  | "host";

/** A page that nobody has listed: the name can never be registered (RFC 6761). */
export const evilOrigin = "https://evil.invalid";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
/** What the server must answer to that key (RFC 6455 section 1.3). */
export const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** Everything that will be sent, in order. Nothing else is. */
export function planOf(options: DoctorOptions): readonly Probe[] {
  const { url, pageOrigin } = options;
  const page = new URL(pageOrigin);
  const probes: Probe[] = [
    {
      name: "plain",
      what: "an ordinary GET: who answers there, and whether an upgrade is told apart",
      request: plain(options),
      settle: 0,
    },
    {
      name: "version",
      what: "a handshake of version 99: refused by every WebSocket server, so that nothing opens",
      request: handshake(options, { version: "99" }),
      settle: 0,
    },
    {
      name: "page",
      what: `the handshake of a page of ${pageOrigin}; and what follows in a second and a half`,
      request: handshake(options, {}),
      settle: 1500,
    },
  ];
  const add = (name: ProbeName, what: string, change: Change): void =>
    void probes.push({ name, what, request: handshake(options, change), settle: 400 });
  if (options.token !== undefined) add("bare", "the same without the token", { token: false });
  add("none", "a program: no Origin", { origin: null });
  add("null", "a sandboxed frame: Origin null", { origin: "null" });
  add("evil", `a page of another site: ${evilOrigin}`, { origin: evilOrigin });
  if (options.cookie !== undefined)
    add("evil-without-cookie", "the same without the cookie", { origin: evilOrigin, cookie: false });
  if (page.hostname.includes(".") && !/^[\d.]+$/.test(page.hostname)) {
    const tail = page.port === "" ? "" : `:${page.port}`;
    add("suffix", "a look-alike: a site whose name begins with the page's", {
      origin: `${page.protocol}//${page.hostname}.evil.invalid${tail}`,
    });
    add("prefix", "a look-alike: a site whose name ends with the page's", {
      origin: `${page.protocol}//evil${page.hostname}${tail}`,
    });
    add("subdomain", "a sibling: a name below the page's", { origin: `${page.protocol}//wsorigin-probe.${page.host}` });
  }
  if (page.protocol === "https:") add("scheme", "the page over plain http", { origin: `http://${page.host}` });
  add("host", "DNS rebinding: Host and Origin of another site", {
    host: "evil.invalid",
    origin: `${url.protocol === "wss:" ? "https" : "http"}://evil.invalid`,
  });
  return probes;
}

interface Change {
  /** `null` is none. */
  readonly origin?: string | null;
  readonly version?: string;
  readonly host?: string;
  readonly token?: false;
  readonly cookie?: false;
}

function plain(options: DoctorOptions): string {
  return requestOf(options, [...commonFields(options, {}), "Accept: */*", "Connection: close"], {});
}

function handshake(options: DoctorOptions, change: Change): string {
  const { version = "13", origin = options.pageOrigin } = change;
  const protocols = [
    ...options.protocols,
    ...(options.token?.place === "protocol" && change.token !== false ? [`bearer.${options.token.value}`] : []),
  ];
  return requestOf(
    options,
    [
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`,
      `Sec-WebSocket-Version: ${version}`,
      ...(origin === null ? [] : [`Origin: ${origin}`]),
      ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(", ")}`]),
      ...commonFields(options, change),
    ],
    change,
  );
}

function commonFields({ cookie, token, headers }: DoctorOptions, change: Change): string[] {
  return [
    "User-Agent: wsorigin-doctor",
    ...(cookie === undefined || change.cookie === false ? [] : [`Cookie: ${cookie}`]),
    ...(token?.place === "header" && change.token !== false ? [`Authorization: Bearer ${token.value}`] : []),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
}

function requestOf({ url, hostHeader, token }: DoctorOptions, fields: readonly string[], change: Change): string {
  const target = new URL(url);
  if (token?.place === "query" && change.token !== false) target.searchParams.set(token.name, token.value);
  const host = change.host ?? hostHeader;
  return [`GET ${target.pathname}${target.search} HTTP/1.1`, `Host: ${host}`, ...fields, "", ""].join("\r\n");
}
