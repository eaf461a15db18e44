import { firstLine, type Peer } from "./peer.ts";

const withoutSlash = (text: string): string => (text.endsWith("/") ? text.slice(0, -1) : text);

/** `https://*.example.com:[8080,8081]`: `*` is anything, ports are a list or `*`. */
function pattern(entry: string): RegExp {
  const [, head = entry, ports] = /^(.*):\[(\*|\d+(?:,\d+)*)\]$/.exec(entry) ?? [];
  const text = head
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(".*");
  const port = ports === undefined ? "" : ports === "*" ? String.raw`(:\d+)?` : `:(${ports.replaceAll(",", "|")})`;
  return new RegExp(`^${text}${port}$`);
}

/** `allowedOrigins` for what has no `*`, `allowedOriginPatterns` for what has; as of Spring 6. Its rule for the server's own origin is not asked. */
export const spring: Peer = {
  name: "Spring",
  about:
    "Compares texts without case and without a slash at the end. The star of a pattern is any text, slashes and all: https://evil.test/.example.com is below https://*.example.com. No Origin is let in.",
  compile(entries) {
    const exact = new Set(
      entries.filter((entry) => !entry.includes("*")).map((entry) => withoutSlash(entry).toLowerCase()),
    );
    const patterns = entries.filter((entry) => entry.includes("*")).map((entry) => pattern(withoutSlash(entry)));
    return (sent) => {
      const origin = firstLine(sent);
      if (origin === null) return true;
      const text = withoutSlash(origin);
      if (text.trim() === "") return false;
      return exact.has(text.toLowerCase()) || patterns.some((pattern) => pattern.test(text));
    };
  },
};
