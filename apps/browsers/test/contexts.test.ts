import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BrowserName, browserNames, everyBrowser } from "../../../packages/client/test/browsers.ts";
import type { Told } from "./attempt.ts";
import { type Chat, frameworks, startChat } from "./chat.ts";
import { contexts } from "./contexts.ts";
import { type Names, type Seen, seenOf } from "./seen.ts";
import { Documents, type Sites, startSites } from "./sites.ts";
import { table } from "./table.ts";
import { launchHere, logIn, openSeat, type Visitor } from "./visitor.ts";

/** What came of every context, of each browser that is here. */
const seen = new Map<BrowserName, { readonly version: string; readonly rows: readonly Seen[] }>();

describe.concurrent.each(browserNames)("in %s", (browserName) => {
  let browser: Browser | undefined;
  let missing = "";
  const rows: Seen[][] = [];

  beforeAll(async () => {
    const started = await launchHere(browserName);
    if ("missing" in started) {
      missing = started.missing;
      console.warn(missing);
    } else browser = started;
  });

  afterAll(async () => browser?.close());

  beforeEach(({ skip }) => {
    if (browser === undefined) skip(missing);
  });

  describe.sequential.each(frameworks)("the chat on %s, and", (framework) => {
    const documents = new Documents();
    const mine: Seen[] = [];
    let chat: Chat;
    let sites: Sites;
    let visitor: Visitor;
    let names: Names;
    /** One for all: to open a tab takes a browser longer than everything else here. Each context has a document of its own in it. */
    let tab: Page;

    beforeAll(async () => {
      if (browser === undefined) return;
      chat = await startChat(framework, { documents });
      sites = await startSites(documents);
      visitor = await logIn(await openSeat(browser), chat, "Ada");
      tab = await visitor.context.newPage();
      rows.push(mine);
      const port = (url: string): string => new URL(url).port;
      names = {
        ports: new Map([
          [port(chat.url), ""],
          [port(sites.secure("evil.test")), ":8443"],
          [port(sites.plain("evil.test")), ":8080"],
        ]),
        host: chat.host,
        cookies: { "__Host-chat_session": "Strict", lax: "Lax", none: "None" },
      };
    });

    afterAll(async () => {
      if (browser === undefined) return;
      await visitor.context.close();
      await sites.close();
      await chat.close();
    });

    test.sequential.each(contexts)("$name", async ({ name, page, code, codeInFirefox = code }) => {
      const ticket = await visitor.ticket();
      // It says nothing: all of these are one visitor, whom the chat lets say only so much in a while.
      const attempt = { url: `${chat.sockets}/chat/lobby?ticket=${ticket}`, protocols: ["chat.v1"] };
      for (const list of [chat.arrived, chat.decisions, sites.handshakes]) list.length = 0;
      await tab.goto(page({ chat, sites, documents, attempt }));
      await tab.waitForFunction(() => globalThis.told !== undefined);
      const told = await tab.evaluate(() => globalThis.told as Told);

      const codes = chat.decisions.map(({ decision }) => decision.code);
      const expected = browserName === "firefox" ? codeInFirefox : code;
      expect(codes).toEqual(expected === undefined ? [] : [expected]);
      expect(chat.arrived).toHaveLength(codes.length);
      expect(told.events[0]).toBe(
        expected === "origin-listed" ? "open" : told.threw === undefined ? "error" : undefined,
      );
      expect(told.protocol).toBe(expected === "origin-listed" ? "chat.v1" : undefined);
      expect(sites.handshakes).toEqual(name.startsWith("a redirect") ? ["/redirected"] : []);
      expect(chat.lines.join("\n")).not.toContain(ticket);
      mine.push(seenOf(name, { arrived: chat.arrived, codes, told }, names));
    });
  });

  test.sequential("the three chats see the same", async () => {
    expect(rows[0]).toHaveLength(contexts.length);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
    const [version = ""] = browser?.version().split(".") ?? [];
    const found = { version, rows: rows[0] ?? [] };
    seen.set(browserName, found);
    await expect(`${JSON.stringify(found, undefined, 2)}\n`).toMatchFileSnapshot(`seen/${browserName}.json`);
  });
});

test("the table is what was seen", async () => {
  // In this order, whichever browser was the first to end.
  const all: typeof seen = new Map();
  for (const name of everyBrowser) {
    // Of a browser that is not here, what another run has seen.
    const kept = seen.get(name) ?? JSON.parse(await readFile(new URL(`seen/${name}.json`, import.meta.url), "utf8"));
    all.set(name, kept);
  }
  await expect(table(all)).toMatchFileSnapshot("../../../packages/client/docs/browsers.md");
});
