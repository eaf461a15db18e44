import { literal } from "../../expression.ts";
import { getDomain } from "tldts";

export type Width = "any" | "wide" | "subdomains" | "exact";

const strangers = ["https://evil.invalid", "http://evil.invalid", "https://evil.invalid:8443"];

/** How much a pattern of setAllowedOriginPatterns() matches. Its star stands for any characters, and `:[8080,8081]` or `:[*]` at its end for ports. */
export function widthOf(pattern: string): Width {
  const matches = matcherOf(pattern);
  if (strangers.some(matches)) return "any";
  if (!pattern.includes("*")) return "exact";
  const [, host = ""] = /^https?:\/\/([^/:]*)(?::(?:\d+|\[(?:\*|\d+(?:,\d+)*)\]))?$/.exec(pattern) ?? [];
  const base = host.startsWith("*.") ? host.slice(2) : host;
  if (base === "" || base.includes("*")) return "wide";
  if (!host.startsWith("*.")) return "exact";
  // Everybody can register a name below a public suffix, those of hosting services among them.
  return getDomain(base, { allowPrivateDomains: true }) === null && base.includes(".") ? "wide" : widthOfBase(base);
}

function widthOfBase(base: string): Width {
  return base.includes(".") ? "subdomains" : "wide";
}

function matcherOf(pattern: string): (origin: string) => boolean {
  const [, text = pattern, ports] = /^(.*):\[(\*|\d+(?:,\d+)*)\]$/.exec(pattern) ?? [];
  const escaped = text.split("*").map(literal).join(".*");
  const tail = ports === undefined ? "" : ports === "*" ? String.raw`(?::\d+)?` : `:(?:${ports.replaceAll(",", "|")})`;
  const form = new RegExp(`^${escaped}${tail}$`, "i");
  return (origin) => form.test(origin);
}
