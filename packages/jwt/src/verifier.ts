import { grant, raceAbort, refuse, type TokenContext, type TokenRefusal, type Verification } from "@wsorigin/core";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { type CheckedOptions, checkOptions, type JwtVerifierOptions } from "./options.ts";
import { refusalOf } from "./refusals.ts";

/** The `verify` of a policy. Rejects only with the error of `principal`. */
export type JwtVerifier<P> = (token: string, context: TokenContext) => Promise<Verification<P>>;

/**
 * Makes the `verify` of a policy for JSON Web Tokens. Grants a token if its signature, algorithm, issuer, audience and times match the options; the
 * grant ends `clockTolerance` after its `exp`. `id`, `subject` and `session` are its `jti`, `sub` and `sid`, if they are strings.
 *
 * @throws {JwtVerifierError} with every problem of the options at once, each with what to write instead
 * @example
 * const verify = createJwtVerifier({
 *   key: { jwks: "https://id.example/.well-known/jwks.json" },
 *   algorithms: ["ES256"],
 *   issuer: "https://id.example",
 *   audience: "wss://api.example/chat",
 * });
 * createPolicy({ origins: ["https://app.example"], token: { from: [bearerHeader()], verify } });
 */
export function createJwtVerifier(
  options: JwtVerifierOptions<JWTPayload> & { readonly principal?: undefined },
): JwtVerifier<JWTPayload>;
export function createJwtVerifier<P>(
  options: JwtVerifierOptions<P> & { readonly principal: NonNullable<JwtVerifierOptions<P>["principal"]> },
): JwtVerifier<P>;
export function createJwtVerifier<P>(options: JwtVerifierOptions<P>): JwtVerifier<P | JWTPayload> {
  const checked = checkOptions(options);
  const { principal } = options;

  async function judge(token: string, context: TokenContext): Promise<Verification<P | JWTPayload>> {
    const claims = await claimsOf(token, checked);
    if ("refusal" in claims) return claims.refusal;
    const { payload, ends } = claims;
    const whose = principal === undefined ? payload : await principal(payload, context);
    if (whose === undefined) return refuse("forbidden", "principal() returned undefined for its claims.");
    if (ends <= Date.now()) return refuse("expired", "Its exp has passed.");
    const { jti, sub, sid } = payload;
    return grant({ principal: whose, expiresAt: ends, id: text(jti), subject: text(sub), session: text(sid) });
  }

  return async (token, context) => {
    const { signal } = context;
    const aborted = refuse("unavailable", "The handshake was aborted before the token was verified.");
    if (signal.aborted) return aborted;
    try {
      // The work goes on for other handshakes that wait for the same keys.
      return await raceAbort(judge(token, context), signal);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return aborted;
      throw error;
    }
  };
}

type Claims = { readonly payload: JWTPayload; readonly ends: number } | { readonly refusal: TokenRefusal };

/** RFC 7515 section 7.1: three parts of base64url, without padding. jose would ignore white space in its parts. */
const compact = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The last valid time of a `Date`, in milliseconds. Excludes `Infinity`, which JSON can write as `1e999`. */
const latest = 8.64e15;

/** Verifies a token: its claims, and when it ends in milliseconds, or the refusal. Never rejects. */
async function claimsOf(token: string, { key, algorithms, clockTolerance, verify }: CheckedOptions): Promise<Claims> {
  try {
    if (!compact.test(token)) throw new errors.JWSInvalid("Invalid Compact JWS");
    const { payload } = await verifyWithAny(token, key, verify);
    const ends = ((payload.exp ?? 0) + clockTolerance) * 1000;
    return ends <= latest ? { payload, ends } : { refusal: refuse("invalid", "Its claim exp is not a valid time.") };
  } catch (error) {
    return { refusal: refusalOf(error, algorithms) };
  }
}

/** If several keys of a JWKS fit the token, tries each. */
async function verifyWithAny(
  token: string,
  key: CheckedOptions["key"],
  options: CheckedOptions["verify"],
): Promise<{ readonly payload: JWTPayload }> {
  try {
    return await jwtVerify(token, key, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const candidate of error) {
      try {
        return await jwtVerify(token, candidate, options);
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw inner;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
