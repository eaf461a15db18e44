import { createPolicy, type Policy, PolicyError, type PolicyIssue, type PolicyOptions } from "@wsorigin/core";
import { type Draft, entriesOf } from "./draft.ts";

/** What a draft says of Host and Origin, as options of `createPolicy`; what is at its default is left out. */
export function optionsOf(draft: Draft): Omit<PolicyOptions, "token"> {
  const hosts = entriesOf(draft.hosts);
  return {
    origins: entriesOf(draft.origins),
    ...(hosts.length > 0 && { hosts }),
    ...(draft.sameHost && { sameHost: true }),
    ...(draft.missingOrigin !== "deny" && { missingOrigin: draft.missingOrigin }),
    ...(draft.opaqueOrigin !== "deny" && { opaqueOrigin: draft.opaqueOrigin }),
    ...(draft.dangerouslyAllowInsecureOrigins && { dangerouslyAllowInsecureOrigins: true }),
  };
}

/** Compiles what a draft says of Host and Origin. Never throws for what a draft can hold. */
export function compile(draft: Draft): { readonly policy: Policy } | { readonly issues: readonly PolicyIssue[] } {
  try {
    return { policy: createPolicy(optionsOf(draft)) };
  } catch (error) {
    if (error instanceof PolicyError) return { issues: error.issues };
    throw error;
  }
}
