import { UsageError } from "../command.ts";

const socketSchemes: ReadonlyMap<string, string> = new Map([
  ["ws:", "ws:"],
  ["wss:", "wss:"],
  ["http:", "ws:"],
  ["https:", "wss:"],
]);

/**
 * Reads the URL of a socket; `http:` and `https:` stand for `ws:` and `wss:`, and no scheme for `wss:`. What is nearly a URL is refused with the
 * URL that was meant: a guess would try another server.
 *
 * @throws {UsageError} that names what is wrong and says what to write
 */
export function readSocketUrl(what: string, given: string): URL {
  const url = parse(what, given, "wss://app.example.com/ws", "wss:");
  const scheme = socketSchemes.get(url.protocol);
  if (scheme === undefined)
    throw new UsageError(`${what} has the scheme ${url.protocol} Write ws: or wss:.`, {
      mistyped: { given: url.protocol, known: [...socketSchemes.keys()] },
    });
  url.protocol = scheme;
  if (url.username !== "" || url.password !== "")
    throw new UsageError(
      `${what} holds a user name. No browser sends one on a handshake for long: use --token or --cookie.`,
    );
  url.hash = "";
  return url;
}

/**
 * Reads the URL of a page; no scheme stands for `https:`.
 *
 * @throws {UsageError} that names what is wrong and says what to write
 */
export function readPageUrl(given: string): URL {
  const url = parse("--page", given, "https://app.example.com", "https:");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new UsageError(`--page is ${JSON.stringify(given)}, which is no page. Write --page https://app.example.com.`);
  return url;
}

function parse(what: string, given: string, example: string, scheme: string): URL {
  const wrong = (why: string, meant = example): UsageError =>
    new UsageError(`${what} is ${JSON.stringify(given)}: ${why}. Write ${meant}.`);
  if (given.trim() === "") throw wrong("it is empty");
  const bare = withoutQuotes(given);
  if (bare !== given) throw wrong("it has quotes or spaces around it", bare === "" ? example : bare);
  if (/\s/.test(given)) throw wrong("it holds a space", /^\S*:\/\/\S+/.exec(given)?.[0]);
  if (/[<>{}]|\$\(/.test(given)) throw wrong("it holds a placeholder");
  const mended = mendedScheme(given);
  if (mended !== undefined) throw wrong(mended.why, mended.url === "" ? example : mended.url);
  const text = hasScheme(given) ? given : `${scheme}//${given}`;
  const authority = authorityOf(text);
  if (/^:?\d*$/.test(authority) && !/^\d+$/.test(authority)) throw wrong("it has no host");
  const mendedHost = mendHost(authority);
  if (mendedHost !== undefined)
    throw wrong(
      mendedHost.why,
      text.replace(authority, () => mendedHost.authority),
    );
  if (!URL.canParse(text)) throw wrong("it is not a URL");
  const url = new URL(text);
  if (!/^[\w.:[\]-]+$/.test(url.host)) throw wrong(`${JSON.stringify(url.host)} is not the name of a host`);
  return url;
}

function hasScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function withoutQuotes(text: string): string {
  return text
    .trim()
    .replace(/^["'`<“‘]+/, "")
    .replace(/["'`>”’]+$/, "")
    .trim();
}

/** What stands between the slashes and the path, without a user name. */
function authorityOf(url: string): string {
  const [authority = ""] = url.slice(url.indexOf("://") + 3).split(/[/\\?#]/, 1);
  return authority.slice(authority.lastIndexOf("@") + 1);
}

interface Mended {
  readonly why: string;
  readonly url: string;
}

/** A scheme with a wrong mark or wrong slashes behind it, or two schemes. `ws.example.com` and `ws:3000`, a host of that name, are neither. */
function mendedScheme(given: string): Mended | undefined {
  if (/^(?:wss?|https?)[:;.]*$/i.test(given)) return { why: "it is a scheme without a host", url: "" };
  if (given.startsWith("//")) return { why: "the scheme is missing", url: `wss:${given}` };
  if (/^[/\\.]/.test(given))
    return { why: "it is a path without a host", url: `wss://app.example.com/${given.replace(/^[/\\.]+/, "")}` };
  const [all, name = "", marks = "", slashes = ""] = /^(wss?|https?)([:;.,]*)([/\\]*)/i.exec(given) ?? [];
  if (all === undefined) return undefined;
  const rest = given.slice(all.length);
  const meant = `${name.toLowerCase()}://${rest}`;
  if (marks === ":" && slashes === "//") {
    const inner = /^(?:wss?|https?)[:;]?[/\\]+/i.exec(rest)?.[0];
    return inner === undefined
      ? undefined
      : { why: "it has two schemes", url: `${name.toLowerCase()}://${rest.slice(inner.length)}` };
  }
  if (slashes === "" && marks !== ":" && marks !== ";") return undefined;
  // A host named "ws", with a port: the two readings differ, and nobody can tell them apart.
  if (slashes === "" && /^\d{1,5}(?:$|[/?#])/.test(rest))
    return {
      why: `"${name}:" may be a scheme or a host`,
      url: `ws://localhost:${rest}, or wss://${name}:${rest} for a host of that name`,
    };
  return rest === ""
    ? { why: "it has no host", url: "" }
    : { why: `"://" must stand behind ${JSON.stringify(name)}`, url: meant };
}

function mendHost(authority: string): { readonly why: string; readonly authority: string } | undefined {
  if (authority.includes(",") || authority.includes(";"))
    return { why: "its host holds a comma or semicolon", authority: authority.replaceAll(/[,;]+/g, ".") };
  if (authority.includes("..") || authority.startsWith("."))
    return { why: "its host has an empty label", authority: authority.replaceAll(/\.{2,}/g, ".").replace(/^\./, "") };
  if (authority.startsWith("[")) return undefined;
  const parts = authority.split(":");
  if (parts.length > 2) {
    if (/^[\da-f:.]+$/i.test(authority)) return { why: "an IPv6 address needs brackets", authority: `[${authority}]` };
    return { why: "it has two ports", authority: parts.slice(0, 2).join(":") };
  }
  const [host = "", port] = parts;
  if (port !== undefined && port !== "" && !(/^\d+$/.test(port) && Number(port) <= 65_535))
    return { why: `${JSON.stringify(port)} is not a port from 1 to 65535`, authority: host };
  return undefined;
}
