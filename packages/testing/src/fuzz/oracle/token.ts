import { fixture, type TokenPlace, verdicts } from "../settings.ts";
import { type Outcome, outcomeOf } from "./rules.ts";

/** The fields and the target of a handshake or request. */
export interface TokenCarrier {
  readonly target: string;
  readonly valuesOf: (name: string) => readonly string[];
}

/** What the verifier's answers come to (core's README, "Tokens"). */
const refusals: Readonly<Record<string, string>> = {
  nonsense: "verifier-failed",
  throws: "verifier-failed",
  expired: "token-expired",
  forbidden: "token-forbidden",
  revoked: "token-revoked",
};

/** The token rule: exactly one token, in the place where it belongs, which the verifier grants. */
export function tokenOutcome(carrier: TokenCarrier, place: TokenPlace | "none"): Outcome {
  if (place === "none") return outcomeOf([], []);
  if (place === "firstMessage") return outcomeOf(["token-missing"], []);
  const found = tokensAt(carrier, place);
  const [token] = found;
  if (token === undefined) return outcomeOf(["token-missing"], []);
  if (found.length > 1) return outcomeOf(["token-ambiguous"], []);
  return verdictOn(token);
}

/** What the verifier says about one token; the empty one cannot be a token. */
export function verdictOn(token: string): Outcome {
  if (token === "") return outcomeOf(["token-malformed"], []);
  const verdict = verdicts.get(token);
  if (verdict === "grant") return outcomeOf([], []);
  return outcomeOf([refusals[verdict ?? ""] ?? "token-invalid"], []);
}

/** Everything that may be meant as a token; the empty text stands for what cannot be one. */
function tokensAt({ target, valuesOf }: TokenCarrier, place: Exclude<TokenPlace, "firstMessage">): readonly string[] {
  switch (place) {
    case "header":
      return valuesOf("authorization").flatMap((value) => {
        const [, token] = /^bearer(?: +(.*))?$/i.exec(value) ?? [];
        if (!/^bearer(?: |$)/i.test(value)) return [];
        return [/^[\w.~+/-]+=*$/.test(token ?? "") ? (token ?? "") : ""];
      });
    case "query": {
      const [, query = ""] = /\?(.*)$/.exec(target) ?? [];
      return query.split("&").flatMap((pair) => {
        const [name = "", ...rest] = pair.split("=");
        return decoded(name) === fixture.parameter ? [decoded(rest.join("="))] : [];
      });
    }
    case "subprotocol": {
      const entries = valuesOf("sec-websocket-protocol")
        .flatMap((value) => value.split(","))
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "");
      const tokens = entries.filter((entry) => entry.startsWith("bearer."));
      // A list that holds nothing but a token is refused.
      return tokens.map((entry) => (tokens.length === entries.length ? "" : entry.slice("bearer.".length)));
    }
    case "cookie":
      return valuesOf("cookie")
        .flatMap((value) => value.split(";"))
        .flatMap((pair) => {
          const [name = "", ...rest] = pair.split("=");
          return rest.length > 0 && name.trim() === fixture.cookie ? [decoded(rest.join("=").trim())] : [];
        });
    default:
      return place satisfies never;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
