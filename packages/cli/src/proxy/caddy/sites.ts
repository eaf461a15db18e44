import { literal } from "../../expression.ts";
import type { CaddyLine } from "./parse.ts";

/** A site, with its snippets in place. */
export interface Site {
  readonly addresses: readonly string[];
  readonly lines: readonly CaddyLine[];
}

export interface Sites {
  readonly sites: readonly Site[];
  /** The `import` lines whose file or snippet is not in the text. */
  readonly unread: readonly CaddyLine[];
}

const deepestImport = 8;
const mostLines = 200_000;

/** The sites of a Caddyfile: blocks with addresses, or, without braces, an address and what follows. */
export function sitesOf(lines: readonly CaddyLine[]): Sites {
  const snippets = new Map(
    lines.filter(({ name }) => /^\(.+\)$/.test(name)).map((each) => [each.name.slice(1, -1), each]),
  );
  const unread: CaddyLine[] = [];
  let left = mostLines;
  const expand = (all: readonly CaddyLine[], depth: number): readonly CaddyLine[] =>
    all.flatMap((line) => {
      if (left-- <= 0) return [];
      if (line.name !== "import") return [{ ...line, block: expand(line.block, depth) }];
      const snippet = snippets.get(line.args[0] ?? "");
      if (snippet !== undefined && depth < deepestImport) return expand(snippet.block, depth + 1);
      unread.push(line);
      return [];
    });
  const rest = lines.filter(({ name }) => name !== "" && !/^\(.+\)$/.test(name) && !name.startsWith("&("));
  const [first, ...after] = rest;
  if (
    first !== undefined &&
    first.block.length === 0 &&
    isAddress(first) &&
    rest.every((line, at) => at === 0 || !isAddress(line))
  )
    return { sites: [{ addresses: addressesOf(first), lines: expand(after, 0) }], unread };
  // A part of a site: directives alone.
  if (rest.length > 0 && rest.every((line) => !isAddress(line)))
    return { sites: [{ addresses: [], lines: expand(rest, 0) }], unread };
  const sites = rest.flatMap((line) => {
    if (line.name !== "import") return [{ addresses: addressesOf(line), lines: expand(line.block, 0) }];
    unread.push(line);
    return [];
  });
  return { sites, unread };
}

const directives =
  /^(?:reverse_proxy|handle|handle_path|handle_errors|route|respond|redir|rewrite|uri|encode|file_server|php_fastcgi|root|log|tls|header|request_header|import|basicauth|basic_auth|forward_auth|bind|@.*|try_files|templates|method|map|vars|request_body|acme_server|abort|error|invoke|intercept|log_skip|skip_log|log_append|metrics|tracing|push|fs|copy_response|copy_response_headers)$/;

function isAddress({ name }: CaddyLine): boolean {
  return !directives.test(name);
}

function addressesOf({ name, args }: CaddyLine): readonly string[] {
  return [name, ...args].flatMap((word) => word.split(",")).filter((word) => word !== "");
}

/** The host of an address: `app.example.com` of `https://app.example.com:8443/x`. */
export function hostOf(address: string): string {
  return address
    .replace(/^\w+:\/\//, "")
    .replace(/[:/].*$/, "")
    .toLowerCase();
}

/** A `reverse_proxy`, and the blocks that lead to it. */
export interface Proxied {
  readonly site: Site;
  readonly line: CaddyLine;
  /** `handle`, `handle_path` and `route` blocks around it, the outermost first. */
  readonly within: readonly CaddyLine[];
  /** All lines of the site and of the blocks around that are not blocks themselves: `request_header`, `uri`, matchers. */
  readonly beside: readonly CaddyLine[];
  readonly matchers: readonly Matcher[];
}

/** What a directive is limited to. */
interface Matcher {
  readonly paths: readonly string[];
  /** It asks for the headers of an upgrade. */
  readonly upgrade: boolean;
  readonly line: CaddyLine;
}

export function proxiedOf(site: Site): readonly Proxied[] {
  const found: Proxied[] = [];
  const look = (lines: readonly CaddyLine[], within: readonly CaddyLine[], beside: readonly CaddyLine[]): void => {
    const all = [...beside, ...lines];
    for (const line of lines) {
      if (line.name === "reverse_proxy")
        found.push({
          site,
          line,
          within,
          beside: all,
          matchers: [...within, line].flatMap((each) => matcherOf(each, all)),
        });
      else if (/^(?:handle|handle_path|route)$/.test(line.name)) look(line.block, [...within, line], all);
    }
  };
  look(site.lines, [], []);
  return found;
}

/** The matcher of a directive: a path, or one with a name. Without any the directive is for all requests. */
function matcherOf(line: CaddyLine, beside: readonly CaddyLine[]): readonly Matcher[] {
  const [first = ""] = line.args;
  if (first.startsWith("/")) return [{ paths: [first], upgrade: false, line }];
  if (!first.startsWith("@")) return [];
  const definitions = beside.filter(({ name }) => name === first);
  const rules = definitions.flatMap(({ args, block }): readonly Pick<CaddyLine, "name" | "args">[] =>
    block.length > 0 ? block : [{ name: args[0] ?? "", args: args.slice(1) }],
  );
  const paths = rules.filter(({ name }) => name === "path").flatMap(({ args }) => args);
  const upgrade = rules.some(
    ({ name, args }) =>
      name.startsWith("header") &&
      /^(?:upgrade|connection)$/i.test(args.find((word) => /^(?:upgrade|connection)$/i.test(word)) ?? ""),
  );
  return [{ paths, upgrade, line }];
}

/** Whether a pattern of a path, with `*` at its ends or within, means this path. */
export function meansPath(pattern: string, path: string): boolean {
  const parts = pattern.toLowerCase().split("*").map(literal);
  return parts.length <= 8 && new RegExp(`^${parts.join(".*")}$`).test(path.toLowerCase());
}
