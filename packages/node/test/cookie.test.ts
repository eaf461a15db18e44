import { cookie, createPolicy, refuse } from "@wsorigin/core";
import { parseCookie } from "cookie";
import * as fc from "fast-check";
import { expect, test } from "vitest";

test("the core reads cookies as the cookie package does, but finds both of two", async () => {
  let seen: string | undefined;
  const policy = createPolicy({
    origins: ["https://app.example"],
    token: { from: [cookie("sid")], verify: (token) => ((seen = token), refuse("invalid")) },
  });
  const piece = fc.constantFrom("sid", "=", ";", " ", "\t", "a", "%41", "%", '"', ",", "sid=", "; sid=x");
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const text = pieces.join("");
      seen = undefined;
      const { code } = await policy.decide({ headers: { origin: "https://app.example", cookie: text } });
      // The package takes the first of two; a handshake with two is refused.
      fc.pre(code !== "token-ambiguous");
      expect({ code, value: seen ?? (code === "token-malformed" ? "" : undefined) }).toEqual(
        expectedOf(parseCookie(text)["sid"]),
      );
    }),
    { numRuns: 1000 },
  );
});

function expectedOf(value: string | undefined): { readonly code: string; readonly value: string | undefined } {
  if (value === undefined) return { code: "token-missing", value };
  return { code: value === "" ? "token-malformed" : "token-invalid", value };
}
