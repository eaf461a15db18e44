import type { Arrived } from "./chat.ts";
import type { Told } from "./attempt.ts";

/** What one context came to in one browser, without anything that differs from run to run. */
export interface Seen {
  readonly context: string;
  /** `-`: no handshake came. */
  readonly origin: string;
  readonly site: string;
  readonly cookies: string;
  /** The gate's. */
  readonly code: string;
  /** What page code was told. */
  readonly told: string;
}

/** Names of ports, and of the cookies that the app has set. */
export interface Names {
  readonly ports: ReadonlyMap<string, string>;
  readonly host: string;
  readonly cookies: Readonly<Record<string, string>>;
}

export function seenOf(
  context: string,
  { arrived, codes, told }: { arrived: readonly Arrived[]; codes: readonly string[]; told: Told },
  names: Names,
): Seen {
  const [first] = arrived;
  const came = arrived.length === 0 ? "-" : arrived.length > 1 ? `${arrived.length} handshakes` : undefined;
  return {
    context,
    origin: came ?? stable(first?.origin ?? "none", names),
    site: came ?? first?.site ?? "none",
    cookies: came ?? (first?.cookies.map((name) => names.cookies[name] ?? name).join(", ") || "none"),
    code: codes.join(" and ") || "-",
    told: told.threw === undefined ? told.events.join(", ") : `throws ${told.threw}`,
  };
}

function stable(origin: string, { ports, host }: Names): string {
  const named = origin.replace(host, "app.example.test");
  return named.replace(/:\d+$/, (port) => ports.get(port.slice(1)) ?? port);
}
