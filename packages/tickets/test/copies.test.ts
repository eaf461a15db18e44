import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createPolicy, explain, queryParam } from "@wsorigin/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Package from "../src/index.ts";
import { type Compiled, compile } from "./compiled.ts";
import { ada, asked, page, type User } from "./support.ts";

let compiled: Compiled;
let first: typeof Package;
let second: typeof Package;
let secondFolder: string;

beforeAll(async () => {
  compiled = await compile();
  const folder = dirname(dirname(compiled.tickets));
  secondFolder = join(folder, "../second");
  await cp(folder, secondFolder, { recursive: true });
  first = (await import(pathToFileURL(compiled.tickets).href)) as typeof Package;
  second = (await import(pathToFileURL(join(secondFolder, "dist/index.js")).href)) as typeof Package;
});
afterAll(() => compiled.remove());

/** What the operator is told about a ticket that another issuer made. */
async function refusalOf(issuer: Package.Tickets<User>, verifier: Package.Tickets<User>): Promise<string> {
  const ticket = await issuer.issue({ principal: ada, origin: page });
  const policy = createPolicy({
    origins: [page],
    token: { from: [queryParam("ticket")], verify: verifier.verify },
  });
  const decision = await policy.decide({ headers: { origin: page }, url: `/?ticket=${ticket}` });
  expect(decision.code).toBe("token-invalid");
  const text = explain(decision);
  expect(text).not.toContain(ticket);
  return text;
}

test("a ticket of the one copy is redeemed once, by either, if their stores have the same name", async () => {
  for (const [issuing, redeeming] of [
    [first, second],
    [second, first],
  ] as const) {
    const issuer = issuing.createTickets<User>({ store: issuing.memoryStore({ name: "shared" }) });
    const verifier = redeeming.createTickets<User>({ store: redeeming.memoryStore({ name: "shared" }) });
    const ticket = await issuer.issue({ principal: ada, origin: page, subject: "ada" });
    expect(await verifier.verify(ticket, asked())).toMatchObject({ principal: ada });
    expect(await issuer.verify(ticket, asked())).toMatchObject({ code: "token-invalid" });
    const revoked = await issuer.issue({ principal: ada, origin: page, subject: "ada" });
    await verifier.revoke({ subject: "ada" });
    expect(await issuer.verify(revoked, asked())).toMatchObject({ code: "token-revoked" });
    await Promise.all([issuer.close(), verifier.close()]);
  }
});

test("stores without a name, or with another one, are separate", async () => {
  const stores = [
    first.memoryStore(),
    first.memoryStore(),
    first.memoryStore({ name: "a" }),
    second.memoryStore({ name: "b" }),
  ];
  expect(new Set(stores).size).toBe(stores.length);
});

test("a refusal says that another store of this process has the ticket, and how to share one", async () => {
  const text = await refusalOf(first.createTickets<User>(), first.createTickets<User>());
  expect(text).toContain("issued by another createTickets() of this process");
  expect(text).toContain('memoryStore({ name: "tickets" })');
  expect(text).not.toContain("Its copy");
});

test("a refusal names the other copy of the package", async () => {
  const text = await refusalOf(second.createTickets<User>(), first.createTickets<User>());
  expect(text).toContain(pathToFileURL(join(secondFolder, "dist/memory-store.js")).href);
});

test("a ticket that no store has is unknown, also after its store was closed", async () => {
  const issuer = second.createTickets<User>();
  const ticket = await issuer.issue({ principal: ada, origin: page });
  await issuer.close();
  const refusal = await first.createTickets<User>().verify(ticket, asked());
  expect(refusal).toMatchObject({ code: "token-invalid", note: expect.stringContaining("Unknown ticket") });
});

test("a second limit for a named store is refused, and the message says which one counts", () => {
  first.memoryStore({ name: "limited", maxTickets: 5 });
  expect(() => second.memoryStore({ name: "limited", maxTickets: 5 })).not.toThrow();
  expect(() => second.memoryStore({ name: "limited", maxTickets: 6 })).toThrow("Write maxTickets: 5, or another name");
});
