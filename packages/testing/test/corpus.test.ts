import { type AllowCode, createPolicy, type DenyCode, explain, type Handshake, PolicyError } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import {
  handshakeOf,
  type HostCase,
  hostCases,
  type OriginCase,
  originCases,
  policyOptionsOf,
  verdictOf,
} from "../src/index.ts";

interface Outcome {
  readonly row: OriginCase | HostCase;
  readonly allowed: boolean;
  readonly code: AllowCode | DenyCode | PolicyError;
}

/** The verdict on a row. Errors other than PolicyError are thrown on. */
function outcomeOf(row: OriginCase | HostCase, handshake: Handshake = handshakeOf(row)): Outcome {
  try {
    const { allowed, code } = createPolicy(policyOptionsOf(row)).check(handshake);
    return { row, allowed, code };
  } catch (error) {
    if (error instanceof PolicyError) return { row, allowed: false, code: error };
    throw error;
  }
}

const outcomes = [...originCases, ...hostCases].map((row) => outcomeOf(row));

/** The entries that a problem's message tells to write. */
function proposals(message: string): readonly string[] {
  const [, advice = ""] = message.split(/[Ww]rite (.*)/s);
  const [first = ""] = advice.split("; if");
  return Array.from(first.matchAll(/"(?:[^"\\]|\\.)*"/g), ([quoted]) => JSON.parse(quoted) as string);
}

describe("the corpus", () => {
  test("no case to deny is allowed", () => {
    expect(outcomes.filter(({ row, allowed }) => row.expect === "deny" && allowed)).toStrictEqual([]);
  });

  test("no case to allow is refused", () => {
    expect(outcomes.filter(({ row, allowed }) => row.expect === "allow" && !allowed)).toStrictEqual([]);
  });

  test("where sound systems differ, it is as pinned", () => {
    const wrong = outcomes.filter(
      ({ row, allowed }) => row.expect === "either" && allowed !== (verdictOf(row) === "allow"),
    );
    expect(wrong).toStrictEqual([]);
  });

  test("where sound systems differ, these are allowed", () => {
    const allowed = outcomes.filter((outcome) => outcome.row.expect === "either" && outcome.allowed);
    expect(allowed.map(({ row }) => ("origin" in row ? row.origin : row.host))).toMatchInlineSnapshot(`
      [
        "https://xn--bcher-kva.example",
        "http://app.example.com",
        "http://[::1]:3000",
        "https://xn--a.example.com",
        "safari-web-extension://0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
        "http://127.0.0.1.nip.io:3000",
        "https://app.example.com",
        "http://rebind.evil.com:3000",
        "https://evil.com",
        "https://app.example.com",
        "app.example.com:443",
        "localhost:5173",
      ]
    `);
  });

  test("no row is refused for anything but its origin, its host or its configuration", () => {
    const codes = new Set(outcomes.map(({ code }) => (code instanceof PolicyError ? "PolicyError" : code)));
    expect([...codes].toSorted()).toMatchInlineSnapshot(`
      [
        "PolicyError",
        "host-malformed",
        "host-missing",
        "host-not-listed",
        "host-repeated",
        "origin-listed",
        "origin-malformed",
        "origin-missing",
        "origin-not-listed",
        "origin-opaque",
        "origin-repeated",
        "origin-same-host",
      ]
    `);
  });

  test("two lines are refused, also where their values are ambiguous", () => {
    const repeated = outcomes.filter(({ row }) => Array.isArray("origin" in row ? row.origin : row.host));
    expect(repeated.length).toBeGreaterThan(5);
    expect(
      repeated.map(({ code }) => code).filter((code) => !/^(?:origin|host)-repeated$/.test(String(code))),
    ).toStrictEqual([]);
  });

  test("explain speaks printable ASCII of every row", () => {
    const texts = outcomes.map(({ row, code }) =>
      code instanceof PolicyError
        ? code.issues.map(explain).join("\n")
        : explain(createPolicy(policyOptionsOf(row)).check(handshakeOf(row))),
    );
    expect(texts.filter((text) => !/^[\x20-\x7e\n]+$/.test(text))).toStrictEqual([]);
  });

  test("decide says what check says", async () => {
    for (const { row } of outcomes.filter(({ code }) => !(code instanceof PolicyError))) {
      const policy = createPolicy(policyOptionsOf(row));
      expect(await policy.decide(handshakeOf(row))).toStrictEqual(policy.check(handshakeOf(row)));
    }
  });

  test("allowsOrigin says what check says, where the Host says nothing", () => {
    const differing = originCases.filter((row) => {
      const { code, allowed } = outcomeOf(row);
      if (code instanceof PolicyError || typeof row.origin !== "string" || row.policy.sameOrigin === true) return false;
      return createPolicy(policyOptionsOf(row)).allowsOrigin(row.origin) !== allowed;
    });
    expect(differing).toStrictEqual([]);
  });

  test("the same lines, as rawHeaders, are decided the same", () => {
    const differing = outcomes.filter(({ row, allowed }) => {
      const { headers, ...rest } = handshakeOf(row);
      const lines = Object.entries(headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((line) => [name, line]),
      );
      return outcomeOf(row, { ...rest, headers: {}, rawHeaders: lines.flat() }).allowed !== allowed;
    });
    expect(differing).toStrictEqual([]);
  });

  test("a refused configuration says what to write, and that is taken", () => {
    const issues = outcomes.flatMap(({ code }) => (code instanceof PolicyError ? code.issues : []));
    expect(issues.length).toBeGreaterThan(30);
    for (const { code, message } of issues) {
      for (const entry of proposals(message)) {
        const options =
          code.startsWith("host-") || message.startsWith("hosts:")
            ? { origins: [], hosts: [entry] }
            : { origins: [entry] };
        expect(() => createPolicy(options)).not.toThrow();
      }
    }
  });
});
