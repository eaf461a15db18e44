import { define, type Entry } from "./entry.ts";
import type { Message } from "./message.ts";

/**
 * What the codes of `issues` mean in `PolicyError`, `GateError`, `JwtVerifierError` and `TicketsError`. A test compares the list with the types of
 * the packages.
 */
export const problemTexts = {
  "algorithm-key-mismatch": "the key cannot be used with one of `algorithms`",
  "algorithm-none": "`none` is among the algorithms: anybody could sign such a token",
  "algorithm-unknown": "one of `algorithms` is not the name of a JWS algorithm",
  "app-invalid": "`app` is not an app of the framework whose adapter is used",
  "entry-not-a-string": "an entry of a list is not a string",
  "handler-missing": "gate.route() has no handler",
  "host-invalid": "an entry of `hosts` is not the name of a host",
  "host-port-invalid": "an entry of `hosts` has a port that is not from 1 to 65535",
  "host-public-suffix": "a wildcard in `hosts` covers names that anybody can register",
  "host-scheme-present": "an entry of `hosts` has a scheme: write the name alone",
  "host-wildcard-invalid": "a wildcard in `hosts` is not the first label",
  "jwks-credentials-present": "the URL of the JWKS holds a user name or password",
  "jwks-insecure": "the URL of the JWKS is not https:",
  "jwks-invalid": "`jwks` is not the URL of a key set",
  "key-ambiguous": "more than one of key, secret and jwks is given",
  "key-invalid": "the key cannot be read",
  "key-mismatched": "the key is of another kind than the algorithms",
  "key-private": "a private key is given where the public one is enough",
  "key-secret": "a shared secret is given as a public key",
  "key-too-short": "the key is shorter than its algorithm requires",
  "key-use-invalid": "the key is not meant for signatures",
  "middleware-cors": "a CORS middleware is in `before`: it guards no WebSocket",
  "middleware-invalid": "an entry of `before` is not a middleware",
  "option-incoherent": "two options contradict each other, or one needs another",
  "option-invalid": "an option has a value that it cannot have",
  "option-missing": "a required option is missing",
  "option-unknown": "an option has a name that does not exist: compare its spelling",
  "origin-host-invalid": "an entry of `origins` has a host that is not a name",
  "origin-insecure": "an entry of `origins` is http: and not on this computer",
  "origin-list-in-one-entry": "an entry of `origins` holds a whole list: split it with splitList()",
  "origin-never-sent": "no browser sends an entry of `origins` in this form",
  "origin-opaque": "`null` is among the origins: use opaqueOrigin",
  "origin-path-present": "an entry of `origins` has a path: write scheme, host and port only",
  "origin-port-invalid": "an entry of `origins` has a port that is not from 1 to 65535",
  "origin-public-suffix": "a wildcard in `origins` covers names that anybody can register",
  "origin-scheme-invalid": "an entry of `origins` has a scheme that pages do not have",
  "origin-scheme-missing": "an entry of `origins` has no scheme: write https:// before it",
  "origin-userinfo-present": "an entry of `origins` holds a user name",
  "origin-wildcard-invalid": "a wildcard in `origins` is not the first label, or not alone in it",
  "plugin-conflict": "another plugin of Fastify serves the upgrades already",
  "route-duplicate": "the route exists already",
  "route-invalid": "the path of a route is not one",
  "secret-invalid": "`secret` is not a string or bytes",
  "secret-pem": "`secret` is a PEM file: use `key`",
  "secret-too-short": "`secret` is shorter than its algorithm requires",
  "server-guarded": "the server is guarded already: add routes to the gate that exists",
  "server-has-sessions": "guard() was called after HTTP/2 sessions had begun",
  "server-invalid": "the value is not a server of node:http, node:https or node:http2",
  "whitespace-present": "an entry has a space in it or around it",
} as const;

export const errorCodes: readonly string[] = [
  "ERR_WSORIGIN_POLICY",
  "ERR_WSORIGIN_GATE",
  "ERR_WSORIGIN_JWT",
  "ERR_WSORIGIN_TICKETS",
];

const codes = new Map(Object.entries(problemTexts));

/** The options of a function of wsorigin are invalid: its own errors, which name the problem and what to write. */
export const ownProblems: Entry = define({
  id: "WSO401",
  name: "wsorigin-configuration",
  title: "The options of a function of wsorigin are invalid",
  cause:
    "createPolicy(), guard(), createTickets() or createJwtVerifier() was called with options that it refuses. Nothing is guarded until that is corrected: the server must not start without it.",
  fix: "The message names each option with what to write instead. `error.issues` has all of them.",
  lines: ({ plain }) => [
    ...codesIn(plain).map((code) => `${code}: ${codes.get(code) ?? ""}.`),
    "The error's message says what to write: for (const { entry, message } of error.issues) console.error(entry, message);",
  ],
});

/** Whether a line is the code of such a problem. */
export function isOwnProblem({ plain }: Message): boolean {
  return codes.has(plain) || /\berr_wsorigin_[a-z]{2,16}\b/.test(plain);
}

function codesIn(plain: string): readonly string[] {
  return plain.split(/[^a-z-]+/, 200).filter((word, index, all) => codes.has(word) && all.indexOf(word) === index);
}

/** What wsorigin says that is neither a decision nor a problem with options: warnings of the log, and errors of its client and tickets. */
export const ownLog: Entry = define({
  id: "WSO402",
  name: "wsorigin-log",
  severity: "warning",
  title: "This is a message of wsorigin itself",
  cause:
    "The line says what is wrong, and its end what to write. A gate logs it once a minute at the most; `onError` and `onDecision` get each one.",
  fix: "Do what the last line of the message says. An entry of the log has several lines: paste all of them.",
  lines: () => [
    "Do what the last line of the message says. An entry of the log has several lines: paste all of them.",
    "The options: https://github.com/wsorigin/wsorigin/tree/main/packages/node#readme",
  ],
  strength: "vague",
});
