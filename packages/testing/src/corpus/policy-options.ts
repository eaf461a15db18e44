import type { Handshake, PolicyOptions } from "@wsorigin/core";
import type { HostCase, OriginCase } from "./cases.ts";

/** The origin that the Host cases are asked with: their policies list it, so that the Host alone decides. */
export const hostCaseOrigin = "https://app.example";

/** The options of the policy that a case describes. Many of them are wrong on purpose: `createPolicy` then throws, which counts as a denial. */
export function policyOptionsOf(row: OriginCase | HostCase): PolicyOptions {
  if (isHostCase(row)) return { origins: [hostCaseOrigin], hosts: row.policy.allowedHosts };
  const { allow, allowNull, sameOrigin, host } = row.policy;
  return {
    origins: allow,
    ...(allow.some(isInsecure) && { dangerouslyAllowInsecureOrigins: true }),
    ...(allowNull === true && { opaqueOrigin: "dangerously-allow" }),
    ...(sameOrigin === true && { sameHost: true, hosts: host === undefined ? [] : [host] }),
  };
}

/** The handshake that a case describes, as facts for `policy.check`. */
export function handshakeOf(row: OriginCase | HostCase): Handshake {
  if (isHostCase(row)) return { headers: { origin: hostCaseOrigin, host: row.host ?? undefined } };
  return {
    headers: { origin: row.origin ?? undefined, host: row.policy.host ?? "api.example" },
    secure: isSecureCase(row),
  };
}

/**
 * Whether a case speaks of a request over TLS. It only matters to the same-host rule, where the scheme of the request is part of the
 * comparison: such a case can be sent over TLS only.
 */
export function isSecureCase({ policy, origin }: OriginCase): boolean {
  return policy.sameOrigin !== true || (typeof origin === "string" && origin.startsWith("https:"));
}

function isHostCase(row: OriginCase | HostCase): row is HostCase {
  return "host" in row;
}

/** Plain http beyond loopback: a policy needs a louder option for it. */
function isInsecure(entry: string): boolean {
  return (
    entry.startsWith("http://") &&
    !/^http:\/\/(?:[^/]*\.)?(?:localhost|127\.\d+\.\d+\.\d+|\[[:0]+1\])(?::|$)/.test(entry)
  );
}
