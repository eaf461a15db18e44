import { UsageError } from "../command.ts";

/** What a configuration is to be written for. Made by `wantedOf` alone: each value is safe to stand in a configuration as it is. */
export interface Wanted {
  /** Where sockets are opened. One that ends in `/` stands for all paths below it, any other for itself. */
  readonly path: string;
  readonly upstream: Upstream;
  readonly serverName: string;
  /** Seconds that a socket may stay silent. */
  readonly idle: number;
}

export interface Upstream {
  readonly tls: boolean;
  /** As in a URL: an IPv6 address has its brackets. */
  readonly host: string;
  readonly port: number;
}

/** The options as they were given; what is missing gets its default. */
export interface Given {
  readonly path?: string | undefined;
  readonly upstream?: string | undefined;
  readonly serverName?: string | undefined;
  readonly idle?: string | undefined;
}

export const defaults: Readonly<Record<keyof Given, string>> = {
  path: "/ws",
  upstream: "http://127.0.0.1:3000",
  serverName: "app.example.com",
  idle: "3600",
};

/**
 * Checks the options. Only letters, digits and a few marks get through, none of which means anything in any of the configurations: nothing that is
 * given can add a line to them.
 *
 * @throws {UsageError} that names the option and says what to write
 */
export function wantedOf(given: Given): Wanted {
  return {
    path: checkPath(given.path ?? defaults.path),
    upstream: checkUpstream(given.upstream ?? defaults.upstream),
    serverName: checkServerName(given.serverName ?? defaults.serverName),
    idle: checkIdle(given.idle ?? defaults.idle),
  };
}

/** @throws {UsageError} where it is not a plain path */
export function checkPath(path: string): string {
  if (!path.startsWith("/"))
    throw new UsageError(
      `--path ${quote(path)} does not begin with "/". Write the path of the socket's URL: --path /ws`,
    );
  const wrong = /[^A-Za-z0-9/._~-]/u.exec(path)?.[0];
  if (wrong === "?" || wrong === "#")
    throw new UsageError(
      `--path ${quote(path)} has a query or a fragment. Write the path alone: --path ${quote(path.slice(0, path.search(/[?#]/)))}`,
    );
  if (wrong !== undefined)
    throw new UsageError(
      `--path ${quote(path)} holds ${quote(wrong)}. Write letters, digits, "/", ".", "_", "~" and "-" only: --path /ws`,
    );
  if (/\/\/|\/\.{1,2}(?:\/|$)/.test(path))
    throw new UsageError(
      `--path ${quote(path)} holds "//", "/./" or "/../", which no server sees. Write the path that is left: --path /ws`,
    );
  if (path.length > 512) throw new UsageError(`--path is ${path.length} characters long. 512 are enough: --path /ws`);
  return path;
}

const exampleUpstream = "Write where the WebSocket server listens: --upstream http://127.0.0.1:3000";

function checkUpstream(text: string): Upstream {
  const url = URL.canParse(text) && /^[\x21-\x7E]+$/.test(text) ? new URL(text) : undefined;
  if (url === undefined) throw new UsageError(`--upstream ${quote(text)} is no URL. ${exampleUpstream}`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = url;
  if (protocol === "ws:" || protocol === "wss:")
    throw new UsageError(
      `--upstream ${quote(text)}: proxies ask for the upgrade over HTTP. Write --upstream ${quote(text.replace(/^ws/i, "http"))}`,
    );
  if (protocol !== "http:" && protocol !== "https:")
    throw new UsageError(`--upstream ${quote(text)} is neither http: nor https:. ${exampleUpstream}`);
  if (!/^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/.test(hostname))
    throw new UsageError(`--upstream ${quote(text)} has no plain host name or address. ${exampleUpstream}`);
  if (username !== "" || password !== "")
    throw new UsageError(
      `--upstream holds a user or a password, which does not belong in a configuration. ${exampleUpstream}`,
    );
  if (pathname !== "/" || search !== "" || hash !== "" || /[?#]/.test(text))
    throw new UsageError(
      `--upstream ${quote(text)} has more than a host and a port. The path stays as the client sent it: --upstream ${quote(url.origin)}`,
    );
  const tls = protocol === "https:";
  return { tls, host: hostname, port: port === "" ? (tls ? 443 : 80) : Number(port) };
}

function checkServerName(name: string): string {
  const label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
  if (name.length > 253 || !new RegExp(`^${label}(?:\\.${label})*$`).test(name.toLowerCase()))
    throw new UsageError(
      `--server-name ${quote(name)} is no host name. Write the site's name, without scheme, port or "*": --server-name app.example.com`,
    );
  return name.toLowerCase();
}

function checkIdle(text: string): number {
  const seconds = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > 2_000_000)
    throw new UsageError(
      `--idle ${quote(text)} is no number of seconds from 1 to 2000000. Write more than twice the interval of your pings: --idle 3600`,
    );
  return seconds;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** `http://127.0.0.1:3000` */
export function originOf({ tls, host, port }: Upstream): string {
  return `${tls ? "https" : "http"}://${host}:${port}`;
}

/** As a regular expression that matches this text. Of what a path or a name may hold only the dot means something there. */
export function expression(text: string): string {
  return text.replaceAll(".", "\\.");
}
