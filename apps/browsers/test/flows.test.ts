import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browserNames } from "../../../packages/client/test/browsers.ts";
import { type AttemptOptions, attemptScript, type Told } from "./attempt.ts";
import { type Chat, type ChatOptions, frameworks, startChat } from "./chat.ts";
import { Documents, type Sites, startSites } from "./sites.ts";
import { clearSeat, launchHere, logIn, openSeat, type Seat, type Visitor } from "./visitor.ts";

describe.concurrent.each(browserNames)("in %s", (browserName) => {
  let browser: Browser | undefined;
  let missing = "";

  beforeAll(async () => {
    const started = await launchHere(browserName);
    if ("missing" in started) missing = started.missing;
    else browser = started;
  });

  afterAll(async () => browser?.close());

  beforeEach(({ skip }) => {
    if (browser === undefined) skip(missing);
  });

  describe.sequential.each(frameworks)("the chat on %s:", (framework) => {
    const documents = new Documents();
    documents.put("page", { body: `<!doctype html><title>Page</title><script>${attemptScript}</script>` });
    const opened: { close(): Promise<void> }[] = [];
    /** Those that no test has at the moment. */
    const seats: Seat[] = [];
    let chat: Chat;

    afterEach(async () => {
      for (const thing of opened.splice(0).toReversed()) await thing.close();
    });

    afterAll(async () => {
      for (const { context } of seats) await context.close();
    });

    function here(): Browser {
      if (browser === undefined) throw new Error(missing);
      return browser;
    }

    /** Starts the chat, and logs somebody in. */
    async function begin(options: ChatOptions = {}): Promise<Visitor> {
      chat = await startChat(framework, { documents, ...options });
      opened.push(chat);
      return visit("Ada");
    }

    async function visit(name: string): Promise<Visitor> {
      return logIn(await seat(), chat, name);
    }

    async function seat(): Promise<Seat> {
      const free = seats.pop() ?? (await openSeat(here()));
      opened.push({
        async close() {
          await clearSeat(free);
          seats.push(free);
        },
      });
      return free;
    }

    async function others(): Promise<Sites> {
      const sites = await startSites(documents);
      opened.push(sites);
      return sites;
    }

    /** A page that can try things: the visitor's own, on the chat's origin, or another on another. Browsers take long to open one. */
    async function pageOf({ context, home }: Visitor, origin = chat.url): Promise<Page> {
      const page = origin === chat.url ? home : await context.newPage();
      await page.goto(`${origin}/contexts/page`);
      return page;
    }

    const attempt = (page: Page, path: string, options: Omit<AttemptOptions, "url"> = {}): Promise<Told> =>
      page.evaluate((options) => globalThis.attempt(options), { url: `${chat.sockets}${path}`, ...options });
    const codes = (): string[] => chat.decisions.splice(0).map(({ decision }) => decision.code);

    test.sequential("a sibling subdomain hijacks the unguarded app with a SameSite=Strict cookie, and gets nothing from the guarded one", async () => {
      const ada = await begin({ unguarded: true });
      const sites = await others();
      const hostile = await pageOf(ada, sites.secure("blog.example.test"));
      expect(await attempt(hostile, "/chat/lobby", { say: "written by another page" })).toMatchObject({
        events: ["open"],
      });
      expect(chat.arrived.at(-1)?.cookies).toContain("__Host-chat_session");
      const history = await ada.home.evaluate(async () => (await fetch("/api/messages?room=lobby")).text());
      expect(JSON.parse(history)).toMatchObject({ messages: [{ name: "Ada", text: "written by another page" }] });

      const victim = await begin();
      const again = await pageOf(victim, sites.secure("blog.example.test"));
      for (const path of ["/chat/lobby", "/by-cookie/lobby"]) {
        expect(await attempt(again, path, { say: "written by another page" })).toEqual({
          events: ["error", "close 1006"],
        });
        expect(chat.arrived.at(-1)?.cookies).toContain("__Host-chat_session");
      }
      expect(codes()).toEqual(["origin-not-listed", "origin-not-listed"]);
      const left = await victim.home.evaluate(async () => (await fetch("/api/messages?room=lobby")).text());
      expect(JSON.parse(left)).toEqual({ messages: [] });
    });

    test.sequential("its own page: one logs in, two talk, and log out everywhere ends it at once", async () => {
      await begin();
      const bob = await visit("Bob");
      const { home: page } = await seat();
      await page.goto(chat.url);
      await page.locator("#name").fill("Grace");
      await page.locator("#password").fill("correct horse");
      await page.locator("#login button").click();
      await page.locator("#state.open").waitFor();

      const other = await pageOf(bob);
      expect(await attempt(other, `/chat/lobby?ticket=${await bob.ticket()}`, { say: "Hello, Grace" })).toMatchObject({
        events: ["open"],
      });
      await page.locator("#messages .text", { hasText: "Hello, Grace" }).waitFor();
      await page.locator("#text").fill("<b>Hello</b>");
      await page.keyboard.press("Enter");
      await page.locator("#messages .text", { hasText: "<b>Hello</b>" }).waitFor();
      expect(await page.locator("#messages .text").count()).toBe(2);

      await page.getByRole("link", { name: "#lounge" }).click();
      await other.goto(`${chat.url}/#lounge`);
      for (const each of [page, other]) await each.locator("#carrier", { hasText: "Socket.IO (WebSocket)" }).waitFor();
      await other.locator("#text").fill("Hello over Socket.IO");
      await other.keyboard.press("Enter");
      await page.locator("#messages .text", { hasText: "Hello over Socket.IO" }).waitFor();
      expect(await page.locator("#people li").allTextContents()).toEqual(["Grace", "Bob"]);
      expect(await problemsOf(page)).toEqual([]);

      await page.locator("#logout-everywhere").click();
      await page.locator("#login-problem", { hasText: "The server closed your connection to #lounge." }).waitFor();
      await other.locator("#people li", { hasText: "Grace" }).waitFor({ state: "detached" });
      await other.locator("#state.open").waitFor();
    });

    test.sequential("its own page: a ticket that is not renewed runs out, and another opens it again", async () => {
      const ada = await begin({ stay: 2000 });
      const page = ada.home;
      await page.goto(chat.url);
      await page.locator("#state.open").waitFor();
      await page.locator("#renew").uncheck();
      await page.locator("#state", { hasText: "The ticket has run out" }).waitFor();
      await page.getByRole("button", { name: "Connect again" }).click();
      await page.locator("#state.open").waitFor();
      expect(new Set(codes())).toEqual(new Set(["origin-listed"]));
    });

    test.sequential("a token in each of its places, and a subprotocol that is echoed without it", async () => {
      const ada = await begin();
      const page = await pageOf(ada);
      const open = { events: ["open"], protocol: "chat.v1" };
      const say = "hello";
      const ticket = (): Promise<string> => ada.ticket();
      const spoken = { protocols: ["chat.v2", "chat.v1"], say };
      expect(await attempt(page, `/chat/lobby?ticket=${await ticket()}`, spoken)).toEqual(open);
      const bearer = `bearer.${await ticket()}`;
      expect(await attempt(page, "/by-protocol/lobby", { protocols: [bearer, "chat.v1"], say })).toEqual(open);
      const first = JSON.stringify({ ticket: await ticket() });
      expect(await attempt(page, "/by-message/lobby", { protocols: ["chat.v1"], first, say })).toEqual(open);
      expect(await attempt(page, "/by-cookie/lobby", { protocols: ["chat.v1"], say })).toEqual(open);
      expect(codes()).toEqual(["origin-listed", "origin-listed", "origin-listed", "origin-listed"]);
      expect(chat.lines.join("\n")).not.toMatch(/bearer\.|ticket=/);
    });

    test.sequential("a token that is missing, made up, used, doubled or alone is none", async () => {
      const ada = await begin();
      const page = await pageOf(ada);
      const used = await ada.ticket();
      await attempt(page, `/chat/lobby?ticket=${used}`, { say: "hello" });
      const [one, two] = [await ada.ticket(), await ada.ticket()];
      codes();
      const tries = [
        ["/chat/lobby", [], "token-missing"],
        ["/chat/lobby?ticket=made-up", [], "token-malformed"],
        [`/chat/lobby?ticket=${used}`, [], "token-invalid"],
        [`/chat/lobby?ticket=${one}&ticket=${two}`, [], "token-ambiguous"],
        ["/by-protocol/lobby", ["chat.v1", `bearer.${one}`, `bearer.${two}`], "token-ambiguous"],
        // Nothing would be left to choose, and browsers close where nothing is chosen.
        ["/by-protocol/lobby", [`bearer.${one}`], "token-malformed"],
        ["/by-header/lobby", [], "token-missing"],
      ] as const;
      for (const [path, protocols, code] of tries) {
        expect(await attempt(page, path, { protocols })).toEqual({ events: ["error", "close 1006"] });
        expect(codes()).toEqual([code]);
      }
      const first = JSON.stringify({ ticket: "made-up" });
      expect(await attempt(page, "/by-message/lobby", { first, say: "hello" })).toMatchObject({
        events: ["open", "close 4401 Unauthorized"],
      });
    });

    test.sequential("a subprotocol that is not spoken: refused by the browser, or open without one, as each browser has it", async () => {
      const ada = await begin();
      const page = await pageOf(ada);
      const told = await attempt(page, `/chat/lobby?ticket=${await ada.ticket()}`, {
        protocols: ["chat.v9"],
        say: "hello",
      });
      expect(codes()).toEqual(["origin-listed"]);
      expect(told).toEqual(
        browserName === "chromium" ? { events: ["error", "close 1006"] } : { events: ["open"], protocol: "" },
      );
    });

    test.sequential("a socket is closed when its ticket ends, unless it is renewed on the open socket", async () => {
      const ada = await begin({ stay: 4000 });
      const page = await pageOf(ada);
      const tickets = [await ada.ticket(), await ada.ticket()];
      const told = await page.evaluate(
        async ({ url, tickets: [left, kept] }) => {
          /** What a socket hears, by its type; and how it ends. */
          const enter = (ticket: string | undefined): { socket: WebSocket; heard: string[]; end: Promise<string> } => {
            const socket = new WebSocket(`${url}?ticket=${ticket}`);
            const heard: string[] = [];
            socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data).type));
            const end = new Promise<string>((resolve) =>
              socket.addEventListener("close", ({ code, reason }) => resolve(`${code} ${reason}`)),
            );
            return { socket, heard, end };
          };
          const [one, other] = [enter(left), enter(kept)];
          other.socket.addEventListener("message", ({ data }) => {
            if (JSON.parse(data).type !== "expiring" || other.heard.includes("renewed")) return;
            void fetch("/api/ticket", { method: "POST" })
              .then((response) => response.text())
              .then((answer) => other.socket.send(answer));
          });
          const ended = await one.end;
          // Both had the same time. What comes back now comes after it.
          const heard = new Promise<string>((resolve) => {
            void other.end.then(resolve);
            other.socket.addEventListener("message", ({ data }) => {
              if (JSON.parse(data).type === "message") resolve(JSON.parse(data).text);
            });
          });
          other.socket.send(JSON.stringify({ text: "still here" }));
          const still = await heard;
          other.socket.close();
          return { ended, warned: one.heard.includes("expiring"), renewed: other.heard.includes("renewed"), still };
        },
        { url: `${chat.sockets}/chat/lobby`, tickets },
      );
      expect(told).toEqual({ ended: "4401 Token expired", warned: true, renewed: true, still: "still here" });
    });

    test.sequential("logging out everywhere closes the open sockets of every browser, by ticket and by cookie", async () => {
      const ada = await begin();
      const second = await visit("Ada");
      const ends = await Promise.all(
        [
          { visitor: ada, path: `/chat/lobby?ticket=${await ada.ticket()}` },
          { visitor: second, path: "/by-cookie/lobby" },
        ].map(async ({ visitor, path }) => {
          const page = await pageOf(visitor);
          await page.evaluate(
            (url) =>
              new Promise<void>((resolve) => {
                const socket = new WebSocket(url);
                socket.addEventListener("message", () => resolve());
                socket.addEventListener("close", ({ code, reason }) => (globalThis.told = `${code} ${reason}`));
              }),
            `${chat.sockets}${path}`,
          );
          return page;
        }),
      );
      await ada.post("/api/logout", { everywhere: true });
      for (const page of ends) {
        await page.waitForFunction(() => globalThis.told !== undefined);
        expect(await page.evaluate(() => globalThis.told)).toBe("4401 Token revoked");
      }
    });

    test.sequential("accept and close: page code is told why, and nothing that it says is heard", async () => {
      const ada = await begin();
      const sites = await others();
      const own = await pageOf(ada);
      const hostile = await pageOf(ada, sites.secure("evil.test"));
      const path = `/told/lobby?ticket=${await ada.ticket()}`;
      const first = JSON.stringify({ text: "nobody hears this" });
      expect(await attempt(hostile, path, { first })).toMatchObject({ events: ["open", "close 4403 Forbidden"] });
      expect(await attempt(own, "/told/lobby", { first })).toMatchObject({
        events: ["open", "close 4401 Unauthorized"],
      });
      expect(codes()).toEqual(["origin-not-listed", "token-missing"]);
      expect(await attempt(own, path, { say: "hello" })).toMatchObject({ events: ["open"] });
      const history = await ada.home.evaluate(async () => (await fetch("/api/messages?room=lobby")).text());
      expect(JSON.parse(history)).toMatchObject({ messages: [{ text: "hello" }] });
    });
  });
});

declare global {
  var axe: { run(root: Document, options?: object): Promise<AxeResults> };
}

/** What axe finds wrong with a page. */
async function problemsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}
