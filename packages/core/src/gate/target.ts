/**
 * Returns the path and query of a request target (RFC 9112 section 3.2). Returns `undefined` if no path can be meant: the target names another
 * authority than Host does, its path begins with `//` or holds a backslash (which proxies and URL parsers read as another host), or its
 * percent-encoding does not decode to text.
 */
export function originForm(target: string, host: string | undefined): string | undefined {
  const path = target.startsWith("/") ? target : pathOf(target, host);
  if (path === undefined || path.startsWith("//") || target.includes("\\")) return undefined;
  return !path.includes("%") || isDecodable(path.split("?", 1)[0] ?? "") ? path : undefined;
}

/** The path and query of a target in absolute form. */
function pathOf(url: string, host: string | undefined): string | undefined {
  const scheme = url.slice(0, 8).toLowerCase();
  const start = scheme.startsWith("http://") ? 7 : scheme === "https://" ? 8 : 0;
  if (start === 0) return undefined;
  const end = url.slice(start).search(/[/?]/);
  const authority = end < 0 ? url.slice(start) : url.slice(start, start + end);
  if (authority.toLowerCase() !== host?.toLowerCase()) return undefined;
  const rest = url.slice(start + authority.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Whether the percent-encoding of a text decodes to text. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the request target of the URL of a fetch `Request`: its path and query, or the whole URL if its authority is not the Host, which `originForm` then refuses.
 * Runtimes make the URL from Host, unless the client sent an absolute one. The path is not parsed: its slashes and dot segments stay as the runtime has them.
 *
 * @param host `undefined` if the authority does not matter
 */
export function targetOfUrl(url: string, host: string | undefined): string {
  const { protocol, host: authority } = new URL(url);
  const named = host?.toLowerCase() ?? authority;
  if (named !== authority && named !== `${authority}:${protocol === "https:" ? 443 : 80}`) return url;
  const rest = url.slice(url.indexOf("//") + 2);
  const start = rest.search(/[/?#]/);
  const path = start < 0 ? "" : (rest.slice(start).split("#", 1)[0] ?? "");
  return path.startsWith("/") ? path : `/${path}`;
}
