export type { JwtAlgorithm } from "./algorithms.ts";
export { JwtVerifierError } from "./errors.ts";
export type { JwtIssue, JwtIssueCode } from "./errors.ts";
export type { JwtKey, JwtVerifierOptions, PublicKey, RemoteKeys, SharedSecret } from "./options.ts";
export { createJwtVerifier } from "./verifier.ts";
export type { JwtVerifier } from "./verifier.ts";
export type { JWTPayload } from "jose";
