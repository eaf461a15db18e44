import assert from "node:assert/strict";
import { bearerHeader, grant, queryParam, refuse, type Verification } from "@wsorigin/core";
import { closeBytes } from "../../../client/frame.ts";
import type { HandshakeRequest } from "../../../client/request.ts";
import { until } from "../../../client/wait.ts";
import { RevocationFeed } from "../../rows.ts";
import type { Row, Theme } from "../../stage.ts";
import { good, withToken } from "./policies.ts";

/** Grants for so many milliseconds. */
const granting =
  (ms: number) =>
  (token: string): Verification<unknown> =>
    grant({
      principal: token.startsWith("canary") ? "Ada" : token,
      subject: token.split(" ")[0]?.slice(0, 3),
      expiresAt: Date.now() + ms,
    });

const path = (token: string): HandshakeRequest => ({ path: `/chat/lobby?token=${token}` });

const rows: readonly Row[] = [
  {
    name: "expiresAt: onExpiring is called, then the socket is closed with 4401, not before its time",
    async run(stage) {
      const warned: unknown[] = [];
      const kit = await stage.start(
        withToken(
          [bearerHeader()],
          { verify: granting(600) },
          {
            warnBefore: 400,
            onExpiring: ({ principal }) => void warned.push(principal),
          },
        ),
      );
      const { frames } = await kit.open();
      const { decision } = await kit.event(0);
      const end = decision.allowed ? (decision.expiresAt ?? 0) : 0;
      const close = await frames.nextClose();
      const closedAt = Date.now();
      assert.deepEqual([close?.code, close?.text], [4401, "Token expired"]);
      assert.ok(closedAt >= end, `closed ${end - closedAt} ms before its time`);
      assert.equal(warned.length, 1);
      frames.destroy();
    },
  },
  {
    name: 'expiresAt: closes with 3000 under closeCodes "iana"; an onExpiring that throws is reported and changes nothing',
    async run(stage) {
      const kit = await stage.start(
        withToken(
          [bearerHeader()],
          { verify: granting(200) },
          {
            closeCodes: "iana",
            onExpiring() {
              throw new Error("on purpose");
            },
          },
        ),
      );
      const { frames } = await kit.open();
      assert.equal((await frames.nextClose())?.code, 3000);
      frames.destroy();
      assert.deepEqual(kit.errors, [new Error("on purpose")]);
    },
  },
  {
    name: "expiresAt: later messages are ignored",
    async run(stage) {
      const verify = (token: string): Verification<unknown> => granting(token === "witness" ? 60_000 : 300)(token);
      const kit = await stage.start(withToken([queryParam("token")], { verify }));
      const witness = await kit.open(path("witness"));
      const { frames } = await kit.open(path("short"));
      assert.equal((await frames.nextClose())?.code, 4401);
      frames.send("too late");
      // The answers of another socket show that the server has read the message.
      for (let round = 0; round < 2; round++) {
        witness.frames.send("still here");
        assert.equal((await witness.frames.next()).text, "still here");
      }
      assert.equal(await kit.server.openSockets(), 2, "the message closed the connection");
      frames.write(closeBytes(4401));
      await assert.rejects(frames.next(), /The connection ended \(fin\)/, "the message was answered");
    },
  },
  {
    name: "refresh: a token of the same subject extends the socket; another subject's token and an invalid one change nothing",
    async run(stage) {
      const times = new Map([
        ["ada 1", 1500],
        ["ada 3", 200],
      ]);
      const kit = await stage.start(
        withToken([queryParam("token")], {
          verify: (token) => (token === "bad" ? refuse("invalid") : granting(times.get(token) ?? 60_000)(token)),
        }),
      );
      const { frames } = await kit.open(path("ada%201"));
      const [context] = kit.contexts;
      assert.ok(context);
      const old = context.decision;
      assert.deepEqual(await codeOf(context.refresh("eve 1")), "token-forbidden");
      assert.deepEqual(await codeOf(context.refresh("bad")), "token-invalid");
      assert.deepEqual(await codeOf(context.refresh("")), "token-malformed");
      assert.equal(context.decision, old);
      const renewed = await context.refresh("ada 2");
      assert.ok(renewed.allowed);
      assert.equal(context.principal, "ada 2");
      // The first token of this one ends later than the first of the other did: sockets close in the order of their times.
      const witness = await kit.open(path("ada%201"));
      assert.equal((await witness.frames.nextClose())?.code, 4401);
      witness.frames.destroy();
      frames.send("still here");
      assert.equal((await frames.next()).text, "still here");
      const last = await context.refresh("ada 3");
      assert.ok(last.allowed);
      assert.equal((await frames.nextClose())?.code, 4401);
      assert.ok(Date.now() >= (last.expiresAt ?? Infinity), "closed before the new time");
      frames.destroy();
      assert.equal(kit.events.length, 2, "a refresh is not a handshake");
    },
  },
  {
    name: "refresh: refused where the policy has no token",
    async run(stage) {
      const kit = await stage.start();
      const { frames } = await kit.open();
      assert.equal(await codeOf(kit.contexts[0]?.refresh(good)), "token-missing");
      frames.send("still here");
      assert.equal((await frames.next()).text, "still here");
    },
  },
  {
    name: "revocations: by subject, session and id; other sockets stay open, and pending handshakes are refused",
    async run(stage) {
      const feed = new RevocationFeed();
      const waiting: (() => void)[] = [];
      const kit = await stage.start(
        withToken(
          [queryParam("token")],
          {
            async verify(token) {
              const [subject = "", session, id, wait] = token.split("-");
              if (wait !== undefined) await new Promise<void>((resolve) => waiting.push(resolve));
              return grant({ principal: subject, subject, session, id });
            },
          },
          { revocations: feed },
        ),
      );
      const [one, two, three, four] = await Promise.all(
        ["ada-s1-i1", "ada-s2-i2", "bob-s3-i3", "bob-s4-i4"].map(async (token) => (await kit.open(path(token))).frames),
      );
      const pending = await kit.begin(path("bob-s4-i5-wait"));
      await until(() => waiting.length === 1, "the verifier is called");
      feed.revoke({ subject: "ada" });
      for (const frames of [one, two]) assert.equal((await frames?.nextClose())?.text, "Token revoked");
      feed.revoke({ id: "i3" });
      assert.equal((await three?.nextClose())?.code, 4401);
      four?.send("still here");
      assert.equal((await four?.next())?.text, "still here");
      feed.revoke({ session: "s4" });
      assert.equal((await four?.nextClose())?.code, 4401);
      waiting[0]?.();
      assert.equal((await pending.answer()).status, 401);
      assert.equal((await kit.event(4)).decision.code, "token-revoked");
      for (const frames of [one, two, three, four]) frames?.destroy();
      await kit.server.closeGate({ timeout: 100 });
      assert.equal(feed.listeners, 0, "the gate is still subscribed");
    },
  },
  {
    name: "maxFailures: refused tokens count, valid ones never do",
    async run(stage) {
      const kit = await stage.start(withToken([queryParam("token")], {}, { maxFailures: { count: 3, seconds: 60 } }));
      for (let count = 0; count < 5; count++) await (await kit.connect(path(good))).close();
      for (let count = 0; count < 3; count++) await kit.refused(path("bad"), 401, "token-invalid");
      await kit.refused(path(good), 429, "too-many-failures");
    },
  },
];

async function codeOf(decision: Promise<{ readonly code: string }> | undefined): Promise<string | undefined> {
  return (await decision)?.code;
}

export const lifetimeTheme: Theme = { name: "The lifetime of a token", rows };
