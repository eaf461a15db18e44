import { explain } from "@wsorigin/core";
import { until } from "@wsorigin/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTickets, type Revocation, type Tickets } from "../src/index.ts";
import { ada, type App, asked, codeOf, decide, otherPage, page, type User } from "./support.ts";

/** What holds with every store. */
export function describeTickets(makeApp: () => App): void {
  let app: App;
  let tickets: Tickets<User>;
  /** Those of another process, where the store knows of others. */
  let others: Tickets<User>;

  beforeEach(async () => {
    app = makeApp();
    tickets = await app.open();
    others = await app.open();
  });
  afterEach(() => app.close());

  describe("a ticket", () => {
    test("opens a socket for its principal, once", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page });
      expect(ticket).toMatch(/^[\w-]{32}$/);
      expect(await decide(others, ticket)).toStrictEqual({
        allowed: true,
        code: "origin-listed",
        origin: page,
        matched: page,
        principal: ada,
        id: expect.stringMatching(/^[\w-]{16}$/),
      });
      expect(await codeOf(decide(others, ticket))).toBe("token-invalid");
      expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
    });

    test("carries what it was issued with", async () => {
      const expiresAt = Date.now() + 3_600_000;
      const names = { id: "grant-1", subject: "ada", session: "s-1", expiresAt };
      const ticket = await tickets.issue({ principal: ada, origin: page, ...names });
      expect(await decide(tickets, ticket)).toMatchObject({ allowed: true, principal: ada, ...names });
    });

    test("has an end that never comes, where it was given one", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page, expiresAt: Infinity });
      expect(await decide(tickets, ticket)).not.toHaveProperty("expiresAt");
    });

    test("is refused once what it grants has ended", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page, expiresAt: Date.now() - 1 });
      expect(await codeOf(decide(tickets, ticket))).toBe("token-expired");
    });

    test("may have a principal that is no object, or none", async () => {
      for (const principal of ["Ada", 1, null, undefined, [ada]]) {
        const ticket = await createTickets<unknown>().issue({ principal, origin: page });
        expect(ticket).toHaveLength(32);
      }
    });

    test("is for one of 200 that ask at once", async () => {
      for (let round = 0; round < 5; round++) {
        const ticket = await tickets.issue({ principal: ada, origin: page });
        const codes = await Promise.all(
          Array.from({ length: 200 }, (_, index) => codeOf(decide(index % 2 === 0 ? tickets : others, ticket))),
        );
        expect(codes.filter((code) => code === "origin-listed")).toHaveLength(1);
        expect(codes.filter((code) => code === "token-invalid")).toHaveLength(199);
      }
    });

    test("is refused when its time is over, and says so once", async () => {
      const brief = await app.open({ ttl: 1 });
      const ticket = await brief.issue({ principal: ada, origin: page });
      const end = performance.now() + 20;
      await until(() => performance.now() > end, "the ticket's time is over");
      expect(await codeOf(decide(tickets, ticket))).toBe("token-expired");
      expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
    });

    test("is for pages of its origin, and used up by others", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page });
      const decision = await decide(tickets, ticket, { origin: otherPage });
      expect(decision).toMatchObject({ code: "token-origin-mismatch", status: 403 });
      expect(explain(decision)).toContain(`It was issued to a page of "${page}", and is now used up.`);
      expect(await codeOf(decide(tickets, ticket))).toBe("token-invalid");
    });

    test("is refused where there is no Origin", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page });
      expect(await tickets.verify(ticket, { ...asked(), origin: undefined })).toMatchObject({
        code: "token-origin-mismatch",
      });
    });

    test("that nobody issued is refused", async () => {
      expect(await codeOf(decide(tickets, "A".repeat(32)))).toBe("token-invalid");
    });

    test("is not used up by a handshake that was given up before", async () => {
      const ticket = await tickets.issue({ principal: ada, origin: page });
      expect(await tickets.verify(ticket, { origin: page, signal: AbortSignal.abort() })).toMatchObject({
        code: "verifier-failed",
        note: "The handshake was aborted before the ticket was verified.",
      });
      expect(await codeOf(decide(tickets, ticket))).toBe("origin-listed");
    });
  });

  describe("a revocation", () => {
    const names = { id: "grant-1", subject: "ada", session: "s-1" };
    const revocations: readonly Revocation[] = [{ id: "grant-1" }, { subject: "ada" }, { session: "s-1" }];

    test.each(revocations)("of %j refuses what was issued before it, and nothing else", async (revocation) => {
      const before = await tickets.issue({ principal: ada, origin: page, ...names });
      const unlike = await tickets.issue({ principal: ada, origin: page, id: "x", subject: "grant-1", session: "ada" });
      const nameless = await tickets.issue({ principal: ada, origin: page });
      await others.revoke(revocation);
      const after = await tickets.issue({ principal: ada, origin: page, ...names });
      expect(await codeOf(decide(tickets, before))).toBe("token-revoked");
      expect(await codeOf(decide(tickets, before))).toBe("token-invalid");
      expect(await codeOf(decide(tickets, unlike))).toBe("origin-listed");
      expect(await codeOf(decide(tickets, nameless))).toBe("origin-listed");
      expect(await codeOf(decide(tickets, after))).toBe("origin-listed");
    });

    test("that comes a second time refuses what was issued in between", async () => {
      await tickets.revoke({ subject: "ada" });
      const ticket = await tickets.issue({ principal: ada, origin: page, ...names });
      await tickets.revoke({ subject: "ada" });
      expect(await codeOf(decide(others, ticket))).toBe("token-revoked");
    });

    test("is told to every subscriber of every process, in order, each once", async () => {
      const heard: Revocation[][] = [[], [], []];
      const stops = [tickets, others, others].map((each, index) =>
        each.subscribe((revocation) => heard[index]?.push(revocation)),
      );
      // A process that has redeemed nothing may not have begun yet: what it is told of begins where it does.
      await Promise.all([tickets, others].map((each) => each.verify("A".repeat(32), asked())));
      for (const revocation of revocations) await tickets.revoke(revocation);
      expect(heard[0]).toStrictEqual(revocations);
      await until(() => heard.every(({ length }) => length >= 3), "all have heard");
      expect(heard).toStrictEqual([revocations, revocations, revocations]);

      stops[1]?.();
      await tickets.revoke({ subject: "Grace" });
      await until(() => heard[2]?.length === 4, "the one that is left has heard");
      expect(heard.map(({ length }) => length)).toEqual([4, 3, 4]);
    });

    test("is told whatever a listener throws or rejects with", async () => {
      const heard: Revocation[] = [];
      tickets.subscribe(() => {
        throw new Error("on purpose");
      });
      tickets.subscribe((): void => Promise.reject(new Error("on purpose")) as unknown as void);
      tickets.subscribe((revocation) => heard.push(revocation));
      await tickets.verify("A".repeat(32), asked());
      await tickets.revoke({ subject: "ada" });
      expect(heard).toEqual([{ subject: "ada" }]);
    });

    test("is told to nobody any more once closed", async () => {
      const heard: Revocation[] = [];
      tickets.subscribe((revocation) => heard.push(revocation));
      await tickets.verify("A".repeat(32), asked());
      await tickets.close();
      await tickets.revoke({ subject: "ada" });
      expect(heard).toEqual([]);
    });
  });
}
