/** A policy as one edits it: text and switches, not yet compiled, perhaps wrong. Plain data, the same in the page and on the server. */
export interface Draft {
  /** One entry a line. */
  readonly origins: string;
  /** One entry a line; none is no Host rule. */
  readonly hosts: string;
  readonly sameHost: boolean;
  readonly missingOrigin: "deny" | "allow";
  readonly opaqueOrigin: "deny" | "dangerously-allow";
  readonly dangerouslyAllowInsecureOrigins: boolean;
  /** Whether a socket needs a ticket too. */
  readonly ticket: boolean;
  /** Refused handshakes that one address may have in a minute; 0 is no limit. */
  readonly failures: number;
}

/** The longest text of a field, in characters. */
const longest = 10_000;
export const mostFailures = 1000;

/** The policy that the lab begins with: the app's own page, at the app's own Host, and what a list in production looks like. */
export function firstDraft(app: string): Draft {
  return {
    origins: `${app}\nhttps://app.example.com\nhttps://*.example.com`,
    hosts: new URL(app).host,
    sameHost: false,
    missingOrigin: "deny",
    opaqueOrigin: "deny",
    dangerouslyAllowInsecureOrigins: false,
    ticket: true,
    failures: 20,
  };
}

/** What came over a socket, where it is a draft. */
export function readDraft(value: unknown): Draft | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const read = (name: keyof Draft): unknown => Reflect.get(value, name);
  const [origins, hosts, sameHost, insecure] = [
    read("origins"),
    read("hosts"),
    read("sameHost"),
    read("dangerouslyAllowInsecureOrigins"),
  ];
  const [missingOrigin, opaqueOrigin, ticket, failures] = [
    read("missingOrigin"),
    read("opaqueOrigin"),
    read("ticket"),
    read("failures"),
  ];
  if (typeof origins !== "string" || origins.length > longest) return undefined;
  if (typeof hosts !== "string" || hosts.length > longest) return undefined;
  if (typeof sameHost !== "boolean" || typeof insecure !== "boolean" || typeof ticket !== "boolean") return undefined;
  if (missingOrigin !== "deny" && missingOrigin !== "allow") return undefined;
  if (opaqueOrigin !== "deny" && opaqueOrigin !== "dangerously-allow") return undefined;
  if (typeof failures !== "number" || !Number.isInteger(failures) || failures < 0 || failures > mostFailures)
    return undefined;
  const dangerouslyAllowInsecureOrigins = insecure;
  return { origins, hosts, sameHost, missingOrigin, opaqueOrigin, dangerouslyAllowInsecureOrigins, ticket, failures };
}

/** The entries of a field: its lines, without those that are empty. */
export function entriesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
