import { fixture, type FuzzSettings } from "../settings.ts";

/** What a step of the policy may come to: the codes that may refuse, and whether it may also pass. */
export interface Outcome {
  readonly codes: ReadonlySet<string>;
  readonly passes: boolean;
}

/** A step that finds certain problems (`must`: one of all these codes refuses) and doubtful ones (`may`: they refuse, or it passes). */
export function outcomeOf(must: readonly string[], may: readonly string[]): Outcome {
  return { codes: new Set([...must, ...may]), passes: must.length === 0 };
}

/** The Host rule: one Host, which is the listed one, on any port. */
export function hostOutcome(hosts: readonly string[]): Outcome {
  const [host] = hosts;
  if (host === undefined) return outcomeOf(["host-missing", "handshake-malformed"], []);
  if (hosts.length > 1) return outcomeOf(["host-repeated"], []);
  const [, port = "1"] = /^api\.example(?::([1-9]\d{0,4}))?$/i.exec(host) ?? [host, "none"];
  if (Number(port) <= 65535) return outcomeOf([], []);
  return outcomeOf(["host-not-listed", "host-malformed", ...(host === "" ? ["host-missing"] : [])], []);
}

const previewForm = /^https:\/\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.preview\.example$/;

/** Whether a single Origin with this value is allowed in. */
export function isListed(origin: string, { directory }: FuzzSettings): boolean {
  return origin === fixture.origin || previewForm.test(origin) || (directory && origin === fixture.tenant);
}

/** The Origin rule: one Origin, byte for byte one that is listed. */
export function originOutcome(origins: readonly string[], settings: FuzzSettings): Outcome {
  const [origin] = origins;
  if (origin === undefined) return outcomeOf(["origin-missing"], []);
  if (origins.length > 1) return outcomeOf(["origin-repeated"], []);
  if (origin === "null" || origin === "file://") return outcomeOf(["origin-opaque"], []);
  if (isListed(origin, settings)) return outcomeOf([], []);
  return outcomeOf(["origin-not-listed", "origin-malformed", ...(origin === "" ? ["origin-missing"] : [])], []);
}

/** Steps in the documented order: the first certain problem refuses; a doubtful one before it may have done so. */
export function inOrder(...steps: readonly Outcome[]): Outcome {
  const codes = new Set<string>();
  for (const step of steps) {
    for (const code of step.codes) codes.add(code);
    if (!step.passes) return { codes, passes: false };
  }
  return { codes, passes: true };
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The subprotocols that a client offers: a list of distinct tokens (RFC 6455 section 4.1). */
export function protocolOutcome(values: readonly string[]): Outcome {
  if (values.length === 0) return outcomeOf([], []);
  const names = values
    .join(", ")
    .split(",")
    .map((name) => name.trim());
  const written = names.filter((name) => name !== "");
  if (!written.every((name) => token.test(name)) || new Set(written).size < written.length)
    return outcomeOf(["handshake-malformed"], []);
  return outcomeOf([], written.length < names.length ? ["handshake-malformed"] : []);
}

/** Sec-WebSocket-Version: 13. */
export function versionOutcome(values: readonly string[]): Outcome {
  if (values.length === 1 && values[0] === "13") return outcomeOf([], []);
  return outcomeOf(
    values.length === 1 && values[0] !== "" ? ["version-unsupported"] : ["version-unsupported", "handshake-malformed"],
    [],
  );
}

/** A path and its query, as section 6 reads a target: never one that another program could read as another host. */
export function pathOutcome(target: string): Outcome {
  if (target.startsWith("//") || target.includes("\\")) return outcomeOf(["handshake-malformed"], []);
  const [path = ""] = target.split("?", 1);
  return outcomeOf([], isText(path) ? [] : ["handshake-malformed"]);
}

/** Whether percent-encoding stands for text. */
function isText(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a path has a route: `undefined` where routers differ (case, a last slash, percent-encoding). */
export function isRouted(target: string): boolean | undefined {
  const [path = ""] = target.split("?", 1);
  if (/^\/chat\/[\w.~-]+$/.test(path) || path === "/plain") return true;
  return /^\/(?:chat\/[^/]*|plain)\/?$/i.test(path) || /%|;/.test(path) ? undefined : false;
}
