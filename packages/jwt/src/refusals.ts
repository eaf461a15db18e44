import { refuse, type TokenRefusal } from "@wsorigin/core";
import { errors } from "jose";
import { KeysUnavailable } from "./jwks.ts";

/**
 * Returns the refusal for an error of jose. Unknown errors are `"unavailable"`. No note contains any part of the token or the value of a claim.
 */
export function refusalOf(error: unknown, algorithms: readonly string[]): TokenRefusal {
  if (error instanceof errors.JWTExpired)
    return refuse(
      "expired",
      error.claim === "iat" ? "It is older than maxTokenAge, by its iat." : "Its exp has passed.",
    );
  if (error instanceof errors.JWTClaimValidationFailed) return refuse("invalid", claimNote(error));
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse("invalid", "Its signature does not match the key.");
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return refuse("malformed", "It is not a signed JWT in compact form.");
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return refuse(
      "invalid",
      `Its header names an algorithm or an extension (crit) that is not allowed; allowed: ${algorithms.join(", ")}.`,
    );
  if (error instanceof errors.JWKSNoMatchingKey)
    return refuse("invalid", "The JWKS has no key with its kid that fits its algorithm.");
  if (error instanceof KeysUnavailable) return refuse("unavailable", error.message);
  return refuse("unavailable", `It could not be verified (${error instanceof Error ? error.name : typeof error}).`);
}

function claimNote({ claim, reason }: errors.JWTClaimValidationFailed): string {
  const what = claim === "typ" ? "header field typ" : `claim ${claim}`;
  if (reason === "missing") return `Its ${what} is missing.`;
  return reason === "invalid" ? `Its ${what} is not a number.` : `Its ${what} is not what it must be.`;
}
