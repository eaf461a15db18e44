import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTickets } from "../src/index.ts";
import { asked, page, type User } from "./support.ts";

const tickets = createTickets<User>();
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const nearly = fc.string({
  unit: fc.constantFrom(...alphabet.split(""), "=", "+", "/", " ", "\n"),
  minLength: 30,
  maxLength: 34,
});

test("no text makes verify throw, and none that was not issued is granted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: "binary" }), nearly), async (token) => {
      const verdict = await tickets.verify(token, asked());
      const shaped = token.length === 32 && Array.from(token).every((char) => alphabet.includes(char));
      expect(verdict).toMatchObject({ code: shaped ? "token-invalid" : "token-malformed" });
    }),
    { numRuns: 1000 },
  );
});

test("every principal that is JSON comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (given) => {
      // -0 is no JSON.
      const principal: unknown = JSON.parse(JSON.stringify(given));
      const others = createTickets<unknown>();
      const ticket = await others.issue({ principal, origin: page });
      expect(await others.verify(ticket, asked())).toMatchObject({ principal });
    }),
  );
});
