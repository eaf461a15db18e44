import assert from "node:assert/strict";
import type { DenyCode } from "@wsorigin/core";
import { until } from "../../client/wait.ts";
import { refuses } from "../rows.ts";
import { apiHost, evilOrigin, pageOrigin, type Row, type Theme } from "../stage.ts";

const lookAlikes: readonly (readonly [what: string, origin: string, status: 400 | 403, code: DenyCode])[] = [
  ["the listed origin with a suffix", `${pageOrigin}.evil.test`, 403, "origin-not-listed"],
  ["the listed host is the end of another", "https://evilapp.example", 403, "origin-not-listed"],
  ["another port", `${pageOrigin}:8443`, 403, "origin-not-listed"],
  ["another scheme", "http://app.example", 403, "origin-not-listed"],
  ["a subdomain", "https://a.app.example", 403, "origin-not-listed"],
  ["the parent domain", "https://example", 403, "origin-not-listed"],
  ["the listed host is a user name", `${pageOrigin}@evil.test`, 400, "origin-malformed"],
  ["the listed origin is a path", `${evilOrigin}/${pageOrigin}`, 400, "origin-malformed"],
  ["a slash at the end", `${pageOrigin}/`, 400, "origin-malformed"],
  ["the default port, written", `${pageOrigin}:443`, 400, "origin-malformed"],
  ["a dot at the end", `${pageOrigin}.`, 400, "origin-malformed"],
  ["upper case", "https://APP.example", 400, "origin-malformed"],
  ["two origins in one line", `${pageOrigin}, ${evilOrigin}`, 400, "origin-malformed"],
  ["an empty value", "", 400, "origin-malformed"],
  ["NULL in capitals", "NULL", 400, "origin-malformed"],
  ["a byte above 0x7F that folds to a letter", "https://\u00aapp.example", 400, "origin-malformed"],
  ["UTF-8", "https://\u0430pp.example", 400, "origin-malformed"],
];

const rows: readonly Row[] = [
  {
    name: "the listed page opens a socket, and the handler gets params, query, cookies, origin and ip",
    async run(stage) {
      const kit = await stage.start();
      const { frames, greeting } = await kit.open();
      assert.deepEqual(greeting, {
        params: { room: "lobby" },
        query: { name: "a b", ticket: "canary-in-the-query" },
        cookies: { sid: "canary-in-the-cookie", theme: "dark" },
        origin: pageOrigin,
        ip: "127.0.0.1",
        protocol: "",
      });
      frames.send("hello");
      assert.equal((await frames.next()).text, "hello");
      const { decision, route, mode, ip } = await kit.event(0);
      assert.ok(decision.allowed);
      assert.equal(decision.code, "origin-listed");
      assert.equal(decision.origin, pageOrigin);
      assert.equal(decision.matched, pageOrigin);
      assert.equal(route, "/chat/:room");
      assert.equal(mode, "enforce");
      assert.equal(ip, "127.0.0.1");
      assert.equal(kit.server.connections(), 1);
      await frames.close();
      await until(() => kit.server.connections() === 0, "the gate has removed the socket");
    },
  },
  {
    name: "a refusal names Origin and route in the event only",
    async run(stage) {
      const kit = await stage.start();
      const answer = await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
      const { decision, route, ip } = await kit.event(0);
      assert.equal(decision.origin, evilOrigin);
      assert.equal(route, "/chat/:room");
      assert.equal(ip, "127.0.0.1");
      assert.ok(!answer.raw.includes("evil.test"));
      assert.ok(!answer.raw.includes("app.example"));
    },
  },
  refuses("an unlisted page", { origin: evilOrigin }, 403, "origin-not-listed"),
  refuses("Origin: null", { origin: "null" }, 403, "origin-opaque"),
  refuses("no Origin", { origin: null }, 403, "origin-missing"),
  ...lookAlikes.map(([what, origin, status, code]) => refuses(what, { origin }, status, code)),
  refuses("two Origin lines, the listed one first", { origin: [pageOrigin, evilOrigin] }, 400, "origin-repeated"),
  refuses("two Origin lines, the listed one last", { origin: [evilOrigin, pageOrigin] }, 400, "origin-repeated"),
  refuses("two equal Origin lines", { origin: [pageOrigin, pageOrigin] }, 400, "origin-repeated"),
  refuses("a second Origin line in odd case", { headers: [["oRIGIN", evilOrigin]] }, 400, "origin-repeated"),
  refuses("no Host", { hostHeader: null }, 400, "host-missing"),
  refuses("two Host lines", { hostHeader: [apiHost, "evil.test"] }, 400, "host-repeated"),
  refuses("two equal Host lines", { hostHeader: [apiHost, apiHost] }, 400, "host-repeated"),
  refuses("a malformed Host", { hostHeader: `${apiHost}/` }, 400, "host-malformed"),
  refuses("another Host (DNS rebinding), with the listed page", { hostHeader: "rebind.test" }, 403, "host-not-listed"),
  refuses("another Host, equal to the Origin", { hostHeader: "evil.test", origin: evilOrigin }, 403, "host-not-listed"),
  {
    name: "a listed Host may have a port and capitals",
    async run(stage) {
      const kit = await stage.start();
      for (const hostHeader of [`${apiHost}:8443`, apiHost.toUpperCase()])
        (await kit.connect({ hostHeader })).destroy();
    },
  },
  {
    name: "X-Forwarded-Host changes nothing",
    async run(stage) {
      const kit = await stage.start();
      await kit.refused(
        { hostHeader: "rebind.test", headers: [["X-Forwarded-Host", apiHost]] },
        403,
        "host-not-listed",
      );
      (await kit.connect({ headers: [["X-Forwarded-Host", "rebind.test"]] })).destroy();
    },
  },
  {
    name: "no Origin is allowed where the policy says so; null is not",
    async run(stage) {
      const kit = await stage.start({ policy: { origins: [pageOrigin], missingOrigin: "allow" } });
      const { greeting } = await kit.open({ origin: null });
      assert.ok(typeof greeting === "object" && greeting !== null && !("origin" in greeting));
      assert.equal((await kit.event(0)).decision.code, "origin-absent");
      await kit.refused({ origin: "null" }, 403, "origin-opaque");
    },
  },
  {
    name: "a page in the directory is allowed, others are not",
    async run(stage) {
      const directory = { has: (origin: string) => Promise.resolve(origin === "https://tenant.example") };
      const kit = await stage.start({ policy: { origins: [], directory } });
      (await kit.open({ origin: "https://tenant.example" })).frames.destroy();
      assert.equal((await kit.event(0)).decision.code, "origin-in-directory");
      await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed");
    },
  },
];

export const originTheme: Theme = { name: "Origin and Host", rows };
