import type { Message } from "./message.ts";
import { printable } from "../printable.ts";
import { redact } from "./text.ts";

const maxDirective = 2048;

/** The directive to write, made from the one that the browser printed where it printed one. */
export function contentSecurityPolicy({ raw, url }: Message): readonly string[] {
  const socket =
    url === undefined ? "wss://your-host" : url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin;
  const printed = directiveOf(raw);
  if (printed === undefined) {
    return [
      `  Content-Security-Policy: connect-src 'self' ${socket}`,
      "Where there is a connect-src already, add the last part to it; where there is a <meta> policy too, add it there as well.",
    ];
  }
  const [name = "", ...sources] = printed.split(/\s+/);
  const kept = sources.filter((source) => !forScripts(source) && source !== "'none'");
  const written = ["connect-src", ...kept, ...(kept.includes(socket) ? [] : [socket])].join(" ");
  return [
    printable(redact(`  Content-Security-Policy: ${written}`)),
    ...(name === "default-src"
      ? ["Add it beside default-src, which counts for connections only as long as there is no connect-src."]
      : []),
  ];
}

/** What stands in the quotes after `directive:`. Within it quotes are single ones. */
function directiveOf(raw: string): string | undefined {
  const start = raw.indexOf("directive: ");
  if (start < 0) return undefined;
  const rest = raw.slice(start + 11, start + 11 + maxDirective);
  if (!/^["“„«]/.test(rest)) return undefined;
  const end = rest.slice(1).search(/["”“»]/);
  return end <= 0 ? undefined : rest.slice(1, end + 1).trim();
}

function forScripts(source: string): boolean {
  return (
    source.startsWith("'unsafe-") ||
    source.startsWith("'nonce-") ||
    source.startsWith("'sha") ||
    source === "'strict-dynamic'"
  );
}
