import { UsageError } from "../command.ts";
import { readOwn } from "../options.ts";
import { readPageUrl, readSocketUrl } from "./url.ts";

/** Where the token goes, and what it is. */
type Token =
  | { readonly place: "header" | "protocol"; readonly value: string }
  | { readonly place: "query"; readonly name: string; readonly value: string };

export interface DoctorOptions {
  /** `ws:` or `wss:`. */
  readonly url: URL;
  /** What goes into the Host field. */
  readonly hostHeader: string;
  /** The backend behind the proxy, where it can be reached. */
  readonly direct: URL | undefined;
  /** The page that opens the socket; `undefined` where none was named. */
  readonly page: URL | undefined;
  /** The Origin that such a page sends. */
  readonly pageOrigin: string;
  /** A Content-Security-Policy of the page. */
  readonly csp: string | undefined;
  readonly cookie: string | undefined;
  readonly token: Token | undefined;
  readonly protocols: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How long to watch an idle connection, in seconds; 0 is not at all. */
  readonly idle: number;
  /** Go on with a certificate that does not verify. */
  readonly insecure: boolean;
  /** The name of a file with authorities to trust, as PEM. */
  readonly ca: string | undefined;
  readonly dryRun: boolean;
}

export const usage = `Usage: wsorigin doctor <url> [options]

Says what is really wrong with a WebSocket connection. Compares handshakes, at most four at a time, answers pings, and sends no message on any socket.

  <url>                  ws://, wss://, http:// or https:// of the socket
  --page <url>           the page that opens it. Default: a page of the socket's own origin
  --origin <origin>      the Origin that the page sends, where it is not the page's own
  --direct <url>         the backend behind the proxy: tells the proxy's fault from the backend's
  --cookie <text>        the Cookie field of a visitor who is logged in
  --token <token>        sent as Authorization: Bearer
  --token-query <name>   sends the token in the query instead, by this name
  --token-protocol       sends it as the subprotocol bearer.<token> instead
  --protocol <name>      a subprotocol that is offered; may be repeated
  --header <n: v>        another header field; may be repeated
  --csp <policy>         the page's Content-Security-Policy, to be checked
  --idle [seconds]       watch an idle connection for so long (default 75), to see where it is cut; added to --timeout
  --ca <file>            an authority to trust beside the usual ones, as PEM
  --insecure             go on with a certificate that does not verify
  --dry-run              print what would be sent, and send nothing

Tokens, cookies and query strings are in no output.
`;

/** @throws {UsageError} that names the argument and what to write */
export function readArguments(args: readonly string[]): DoctorOptions {
  const { values, positionals } = parse(withIdleDefault(args));
  const [given, ...more] = positionals;
  if (given === undefined) throw new UsageError("Which socket? Write wsorigin doctor wss://app.example.com/ws.");
  if (more.length > 0) throw new UsageError(`${JSON.stringify(more[0])} is one URL too many.`);
  const url = readSocketUrl("The URL", given);
  const page = values.page === undefined ? undefined : readPageUrl(values.page);
  const pageOrigin = values.origin ?? (page === undefined ? originOf(url) : page.origin);
  if (/[\r\n]/.test(pageOrigin)) throw new UsageError("--origin must be one line.");
  const idle = Number(values.idle ?? 0);
  if (!(idle >= 0 && idle <= 86_400))
    throw new UsageError(`--idle is ${JSON.stringify(values.idle)}; it must be seconds.`);
  const direct = values.direct === undefined ? undefined : readSocketUrl("--direct", values.direct);
  for (const [name, value] of [
    ["--cookie", values.cookie],
    ["--token", values.token],
  ] as const) {
    if (value !== undefined && !/^[\x20-\x7e]+$/.test(value))
      throw new UsageError(`${name} must be one line of ASCII.`);
  }
  return {
    url,
    hostHeader: url.host,
    direct,
    page,
    pageOrigin,
    csp: values.csp,
    cookie: values.cookie,
    token: readToken(values),
    protocols: (values.protocol ?? []).map(readProtocol),
    headers: (values.header ?? []).map(readHeader),
    idle,
    insecure: values.insecure,
    ca: values.ca,
    dryRun: values["dry-run"],
  };
}

function parse(args: readonly string[]) {
  return readOwn({
    args: [...args],
    allowPositionals: true,
    options: {
      page: { type: "string" },
      origin: { type: "string" },
      direct: { type: "string" },
      cookie: { type: "string" },
      token: { type: "string" },
      "token-query": { type: "string" },
      "token-protocol": { type: "boolean", default: false },
      protocol: { type: "string", multiple: true },
      header: { type: "string", multiple: true },
      csp: { type: "string" },
      idle: { type: "string" },
      ca: { type: "string" },
      insecure: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
    },
  });
}

/** `--idle` alone is `--idle 75`: a little more than the 60 seconds that most proxies have. */
function withIdleDefault(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) =>
    argument === "--idle" && !/^\d+$/.test(args[index + 1] ?? "") ? ["--idle", "75"] : [argument],
  );
}

/** The origin of a page that is served where the socket is. */
function originOf(url: URL): string {
  return `${url.protocol === "wss:" ? "https" : "http"}://${url.host}`;
}

function readToken(values: {
  readonly token?: string | undefined;
  readonly "token-query"?: string | undefined;
  readonly "token-protocol": boolean;
}): Token | undefined {
  const { token: value, "token-query": name, "token-protocol": protocol } = values;
  if (value === undefined) {
    if (name !== undefined || protocol) throw new UsageError("There is no token to send: write --token <token> too.");
    return undefined;
  }
  if (name !== undefined && protocol) throw new UsageError("--token-query and --token-protocol: choose one.");
  if (name !== undefined) return { place: "query", name, value };
  return { place: protocol ? "protocol" : "header", value };
}

function readProtocol(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw new UsageError(`--protocol is ${JSON.stringify(name)}, which is no subprotocol. Write --protocol chat.v1.`);
  return name;
}

function readHeader(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): *([\x20-\x7e]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--header is ${JSON.stringify(line)}. Write --header "X-Name: value".`);
  return [name, value];
}
