import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { bearerHeader, createPolicy, type Policy, type TokenContext, type Verification } from "@wsorigin/core";
import { afterEach, vi } from "vitest";
import { createJwtVerifier, type JWTPayload, type JwtVerifierOptions, type RemoteKeys } from "../src/index.ts";

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const page = "https://app.example";
export const issuer = "https://id.example";
export const audience = "wss://api.example/chat";
export const secret = "an-example-secret-of-thirty-two-bytes-and-more";

export const ec: KeyPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const otherEc: KeyPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const rsa: KeyPair = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ed: KeyPair = generateKeyPairSync("ed25519");

export const pemOf = (key: KeyObject): string =>
  key.export({ format: "pem", type: key.type === "public" ? "spki" : "pkcs8" }).toString();

const closers: (() => Promise<void>)[] = [];

/** Runs after the test, whatever became of it. */
export function afterwards(close: () => Promise<void>): void {
  closers.push(close);
}

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Stops the clock that `Date` shows, and gives it in whole seconds. Timers go on. */
export function stopClock(): number {
  const seconds = Math.floor(Date.now() / 1000);
  vi.useFakeTimers({ toFake: ["Date"], now: seconds * 1000 });
  return seconds;
}

export function setClock(seconds: number): void {
  vi.setSystemTime(seconds * 1000);
}

/** Moves the clock that `performance.now()` shows on, and stops it there until the end of the test. Timers and `Date` go on. */
export function wait(seconds: number): void {
  const shown = performance.now() + seconds * 1000;
  vi.spyOn(performance, "now").mockReturnValue(shown);
}

export const now = (): number => Math.floor(Date.now() / 1000);

/** Claims that are as they should be, but for those given; `undefined` leaves one out. */
export function claims(given: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { iss: issuer, aud: audience, sub: "ada", exp: now() + 3600, ...given };
}

export const encode = (part: unknown): string =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

export interface Signing {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject | string;
}

/** A signed token, made without the library that verifies it. A header or a payload that is a text is signed as it is. */
export function token(payload: unknown = claims(), { header = {}, key = ec.privateKey }: Signing = {}): string {
  const full = { alg: algorithmOf(key), ...header };
  return signed(`${encode(full)}.${encode(payload)}`, key, full.alg);
}

/** The text before the signature, and the signature. */
export function signed(text: string, key: KeyObject | string, algorithm: string = algorithmOf(key)): string {
  // By the key, whatever the header says.
  const padded = algorithm.startsWith("PS") && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature =
    typeof key === "string"
      ? createHmac("sha256", key).update(text).digest()
      : sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", Buffer.from(text), {
          key,
          dsaEncoding: "ieee-p1363",
          ...padded,
        });
  return `${text}.${signature.toString("base64url")}`;
}

function algorithmOf(key: KeyObject | string): string {
  if (typeof key === "string") return "HS256";
  return { ec: "ES256", rsa: "RS256", ed25519: "EdDSA" }[String(key.asymmetricKeyType)] ?? "";
}

type Options = Partial<Omit<JwtVerifierOptions<JWTPayload>, "principal">>;

/** A verifier for tokens that `token()` makes. */
export function verifier(options: Options = {}): ReturnType<typeof createJwtVerifier> {
  return createJwtVerifier({ key: { key: ec.publicKey }, algorithms: ["ES256"], issuer, audience, ...options });
}

export function contextWith(signal: AbortSignal = new AbortController().signal): TokenContext {
  return { origin: page, source: "bearerHeader", handshake: { headers: {} }, signal };
}

/** A policy that looks for its token in `Authorization`. */
export function policyWith<P>(verify: (token: string, context: TokenContext) => Promise<Verification<P>>): Policy<P> {
  return createPolicy({ origins: [page], token: { from: [bearerHeader()], verify } });
}

/** A public key as it stands in a JWKS. */
export function jwk(key: KeyObject, rest: Readonly<Record<string, unknown>> = {}): JsonWebKey {
  return { ...(key.type === "public" ? key : createPublicKey(key)).export({ format: "jwk" }), ...rest };
}

export interface KeyServer {
  readonly url: string;
  readonly host: string;
  /** How many requests came. */
  readonly count: () => number;
  /** Calls that wait for a request which has not come yet. */
  readonly asked: () => Promise<unknown>;
  /** What is answered from now on. */
  answer(listener: RequestListener | readonly JsonWebKey[]): void;
  /** Ends the server, and every connection. */
  leave(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
}

/** A JWKS endpoint on a port of its own, gone after the test. */
export async function keyServer(first: RequestListener | readonly JsonWebKey[]): Promise<KeyServer> {
  let listener = listenerOf(first);
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    response.setHeader("Connection", "close");
    listener(request, response);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const leave = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  afterwards(leave);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    host: `127.0.0.1:${port}`,
    count: () => count,
    asked: () => once(server, "request"),
    answer: (next) => void (listener = listenerOf(next)),
    leave,
    comeBack: () => listen(port),
  };
}

function listenerOf(given: RequestListener | readonly JsonWebKey[]): RequestListener {
  if (typeof given === "function") return given;
  return (_request, response) => response.end(JSON.stringify({ keys: given }));
}

/** A verifier that takes its keys from a server. */
export function remoteVerifier(
  { url }: Pick<KeyServer, "url">,
  remote: Omit<RemoteKeys, "jwks"> = {},
  options: Options = {},
): ReturnType<typeof verifier> {
  return verifier({ key: { jwks: url, ...remote }, ...options });
}
