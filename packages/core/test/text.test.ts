import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigurationError, escapeControls, redact } from "../src/index.ts";

const redacted = "[redacted: the text contains part of the token]";

describe("redact()", () => {
  test.each([
    ["the secret", "secret-token is wrong", "secret-token", redacted],
    ["six characters of it", 'unexpected "t-toke"', "secret-token", redacted],
    ["five characters of it", 'unexpected "t-tok"', "secret-token", 'unexpected "t-tok"'],
    ["all of a short one", "pin 123 is wrong", "123", redacted],
    ["a part of a short one", "pin 12 is wrong", "123", "pin 12 is wrong"],
    ["nothing of it", "no database", "secret-token", "no database"],
    ["an empty secret", "no database", "", "no database"],
    ["the end of the secret at the end", "at n-token", "secret-token", redacted],
  ])("a text with %s", (_what, text, secret, expected) => {
    expect(redact(text, secret)).toBe(expected);
  });

  test("cuts the text to 1024 characters, before it looks at it", () => {
    expect(redact("x".repeat(5000), "secret-token")).toBe("x".repeat(1024));
    expect(redact(`${"x".repeat(2000)}secret-token`, "secret-token")).toBe("x".repeat(1024));
  });

  test("never returns six characters of the secret in a row", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom("a", "b"), minLength: 6, maxLength: 40 }), (text, secret) => {
        const result = redact(text, secret);
        const parts = Array.from({ length: secret.length - 5 }, (_, start) => secret.slice(start, start + 6));
        expect(result).toBe(parts.some((part) => text.includes(part)) ? redacted : text);
      }),
    );
  });

  test("looks at each position of the secret once, however long text and secret are", () => {
    const counted = counting("ab".repeat(100_000));
    expect(redact(`c${"ba".repeat(100_000)}`.replaceAll("ab", "ac"), counted.secret)).toMatch(/^c/);
    expect(counted.slices()).toBeLessThanOrEqual(200_000);
  });
});

/** A text that counts how often a part of it is taken. */
function counting(text: string): { readonly secret: string; readonly slices: () => number } {
  let slices = 0;
  const secret = Object.assign(Object(text) as string, {
    slice: (start: number, end: number) => {
      slices++;
      return text.slice(start, end);
    },
    includes: () => {
      throw new Error("searches the whole secret");
    },
  });
  return { secret, slices: () => slices };
}

describe("escapeControls()", () => {
  test.each([
    ["newline and tab", "a\n\tb", "a\n\tb"],
    ["carriage return", "a\rb", "a\\u000db"],
    ["an escape sequence", "\u001b[2Ja", "\\u001b[2Ja"],
    ["NUL and DEL", "\0\u007f", "\\u0000\\u007f"],
    ["C1", "\u0085\u009b31m", "\\u0085\\u009b31m"],
    ["bidirectional controls", "\u202eabc\u2066\u061c", "\\u202eabc\\u2066\\u061c"],
    ["zero-width characters", "a\u200bb\u200d\ufeff", "a\\u200bb\\u200d\\ufeff"],
    ["line separators", "a\u2028b\u2029", "a\\u2028b\\u2029"],
    ["other Unicode", "Gr\u00fc\u00dfe \u4f60\u597d \u{1f600}\u00a0", "Gr\u00fc\u00dfe \u4f60\u597d \u{1f600}\u00a0"],
  ])("%s", (_what, text, expected) => {
    expect(escapeControls(text)).toBe(expected);
  });
});

describe("ConfigurationError", () => {
  const issues = [
    { code: "option-invalid", entry: "a", message: "a: 1 is wrong. Write a: 2." },
    { code: "option-unknown", entry: "b", message: 'Unknown option "b".' },
  ] as const;

  test("its message is that of its one issue, or numbers them all", () => {
    expect(new ConfigurationError("ERR_X", issues.slice(1)).message).toBe('Unknown option "b".');
    const error = new ConfigurationError("ERR_X", issues);
    expect(error.message).toBe('2 problems:\n  1. a: 1 is wrong. Write a: 2.\n  2. Unknown option "b".');
    expect(error).toMatchObject({ name: "ConfigurationError", code: "ERR_X", issues });
    expect([error.issues, ...error.issues].every((value) => Object.isFrozen(value))).toBe(true);
    expect(Object.isFrozen(issues[0])).toBe(false);
  });
});
