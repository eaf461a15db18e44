import type { Node } from "../source/nodes.ts";
import type { Compared } from "../source/origin.ts";
import { hostIn } from "./pattern.ts";
import { corsFix, originsIn, policyFix, socketIoFix } from "./fix.ts";
import { isCorsPackage } from "../source/origin.ts";
import { isShared } from "./shared-names.ts";
import type { Module } from "../source/module.ts";
import type { RuleName } from "./rules.ts";

export interface Comparison {
  readonly rule: RuleName;
  /** What the policy should list instead, where that can be told. */
  readonly entries: readonly string[];
  /** The whole Origin that the comparison is about, if `entries` are all that it was meant to allow. */
  readonly origin?: Node | undefined;
  /** What is wrong with the very pattern. */
  readonly fault?: string;
}

/** Origins for a policy, out of the text that an origin was compared with. */
export function entriesFor(text: string, kind: Compared): string[] {
  const origin = /^(https?:\/\/[a-z0-9][a-z0-9.-]*[a-z0-9](?::\d+)?)\/?$/i.exec(text)?.[1];
  if (origin !== undefined) return [origin.toLowerCase()];
  const host = /^\.?((?:[a-z0-9-]+\.)+[a-z]{2,})$/i.exec(text)?.[1]?.toLowerCase();
  if (host !== undefined) return belowAndAt(host);
  return kind === "host" && text === "localhost"
    ? ["http://localhost:*"]
    : text === "localhost"
      ? ["http://localhost:*"]
      : [];
}

/** An apex and what is below it, which are two entries; of a shared name only one's own. */
function belowAndAt(host: string): string[] {
  if (isShared(host)) return [`https://my-app.${host}`];
  return [`https://${host}`, `https://*.${host}`];
}

export function entriesForPattern(source: string): string[] {
  const host = hostIn(source);
  if (host !== undefined) {
    const apex = host.startsWith("www.") ? host.slice(4) : host;
    return /[*+]/.test(source) ? belowAndAt(apex) : [`https://${host}`];
  }
  return source.includes("localhost") ? ["http://localhost:*"] : [];
}

export function fixFor(module: Module, { entries, fault }: Omit<Comparison, "rule">, cors: boolean): string[] {
  const origins = entries.length > 0 ? [...new Set(entries)] : originsIn(module);
  const from = [...module.packages].find((name) => isCorsPackage(name));
  const told = fault === undefined ? [] : [`// ${fault}`];
  if (!cors) return [...told, ...policyFix(origins)];
  if (from !== undefined) return [...told, ...corsFix(origins, from)];
  return [...told, ...(module.packages.has("socket.io") ? socketIoFix(origins, "server") : policyFix(origins))];
}
