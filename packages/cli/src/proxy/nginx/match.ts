import type { Location, Server } from "./model.ts";

/** What a server does with a request for a path. */
export type Match =
  | { readonly kind: "location"; readonly location: Location }
  /** `/ws`, where there is only a `/ws/` with a `proxy_pass`: nginx itself answers 301. */
  | { readonly kind: "slash"; readonly location: Location }
  | { readonly kind: "none" };

/** Chooses the location by nginx's rules: exact, then the longest prefix, unless a regular expression matches and it is not `^~`. */
export function match(server: Server, path: string): Match {
  return matchIn(server.locations, path) ?? { kind: "none" };
}

function matchIn(locations: readonly Location[], path: string): Match | undefined {
  const exact = locations.find(({ modifier, path: own }) => modifier === "=" && own === path);
  if (exact !== undefined) return { kind: "location", location: exact };
  const prefixes = locations.filter(({ modifier }) => modifier === "" || modifier === "^~");
  const slash = prefixes.find(({ path: own, proxyPass }) => own === `${path}/` && proxyPass !== undefined);
  if (slash !== undefined && !prefixes.some(({ path: own }) => own === path)) return { kind: "slash", location: slash };
  const longest = prefixes
    .filter(({ path: own }) => path.startsWith(own))
    .reduce<Location | undefined>(
      (best, next) => (next.path.length > (best?.path.length ?? -1) ? next : best),
      undefined,
    );
  const nested = longest === undefined ? undefined : matchIn(longest.nested, path);
  if (nested?.kind === "slash" || (nested?.kind === "location" && nested.location.modifier !== "")) return nested;
  if (longest?.modifier !== "^~" && nested === undefined) {
    const regex = locations.find((location) => matchesRegex(location, path));
    if (regex !== undefined) return matchIn(regex.nested, path) ?? { kind: "location", location: regex };
  }
  return nested ?? (longest === undefined ? undefined : { kind: "location", location: longest });
}

/** nginx's expressions are PCRE. One that JavaScript cannot read is taken for no match. */
function matchesRegex({ modifier, path }: Location, target: string): boolean {
  if (modifier !== "~" && modifier !== "~*") return false;
  try {
    return new RegExp(path.replace(/^\(\?i\)/, ""), modifier === "~*" || path.startsWith("(?i)") ? "i" : "").test(
      target,
    );
  } catch {
    return false;
  }
}
