import { createServer } from "node:http";
import { handshake } from "@wsorigin/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as Client from "../src/index.ts";
import { type App, type AppOptions, startApp, until } from "./app.ts";
import { browserNames, launch, leaveDocument } from "./browsers.ts";
import { build } from "./built.ts";

interface Entry {
  readonly kind: "open" | "message" | "close" | "state";
  readonly detail: unknown;
  readonly at: number;
}

// In the page.
declare const client: typeof Client;
declare const log: Entry[];
declare const recorded: (options: Client.ConnectOptions) => Client.Connection;
declare const connection: Client.Connection;
declare const pending: Map<number, number>;
declare const waits: number[];
declare const listening: Set<unknown>;

let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  files = await build();
});

describe.concurrent.each(browserNames)("in %s", (name) => {
  let browser: Browser | undefined;
  // One page for all tests that pass: browsers are slow to open another.
  let context: BrowserContext;
  let page: Page;
  let fresh = true;
  let app: App | undefined;

  /** Starts an app and shows its page. */
  async function show(options: Omit<AppOptions, "files"> & { readonly foreign?: boolean } = {}): Promise<App> {
    const started = await startApp({ files, ...options });
    app = started;
    await page.goto(options.foreign === true ? started.foreignPage : started.page);
    await page.waitForFunction(() => "client" in globalThis);
    return started;
  }

  const state = (): Promise<Client.ConnectionState> => page.evaluate(() => connection.state);
  const timers = (): Promise<number> => page.evaluate(() => pending.size);
  const listeners = (): Promise<number> => page.evaluate(() => listening.size);
  const told = (kind: Entry["kind"]): Promise<unknown[]> =>
    page.evaluate((kind) => log.filter((entry) => entry.kind === kind).map(({ detail }) => detail), kind);
  const untilState = (wanted: Client.ConnectionState): Promise<void> =>
    until(async () => (await state()) === wanted, `the state is "${wanted}"`);
  const connectWithTicket = (): Promise<void> =>
    page.evaluate(() => void recorded({ url: "/chat", ticket: "/api/ticket", retry: { min: 20, max: 100 } }));
  /** Only what is tried at once comes in a test's time. */
  const connectWithoutTries = (): Promise<void> =>
    page.evaluate(() => void recorded({ url: "/chat", ticket: "/api/ticket", retry: { min: 1e6, max: 1e6 } }));

  let missing = "";

  beforeAll(async () => {
    const started = await launch(name);
    if ("missing" in started) {
      missing = started.missing;
      console.warn(missing);
    } else browser = started;
  });

  afterAll(async () => {
    await browser?.close();
    browser = undefined;
  });

  beforeEach(async ({ skip }) => {
    if (browser === undefined) {
      skip(missing);
    } else {
      if (fresh) context = await browser.newContext();
      if (fresh || page.isClosed()) page = await context.newPage();
      fresh = false;
    }
  });

  afterEach(async ({ task }) => {
    if (browser === undefined) return;
    if (task.result?.state === "fail") {
      await context.close();
      fresh = true;
    } else if (!page.isClosed()) {
      page.removeAllListeners("pageerror");
      await leaveDocument(page);
      await context.clearCookies();
    }
    await app?.close();
    app = undefined;
  });

  describe.sequential("opens", () => {
    test.sequential("with a ticket, which is fetched from the page's own origin", async () => {
      const { sockets, decisions, asked } = await show();
      await connectWithTicket();
      await untilState("open");
      expect(sockets).toHaveLength(1);
      expect(decisions.map(({ decision }) => decision.allowed)).toEqual([true]);
      expect(asked.map(({ headers }) => headers["sec-fetch-mode"])).toEqual(["same-origin"]);
      expect(await told("state")).toEqual(["open"]);
    });

    test.sequential("with a ticket that the app's own function gives", async () => {
      const { sockets } = await show();
      await page.evaluate(() => {
        const ticket = async (signal: AbortSignal): Promise<string> => {
          const response = await fetch("/api/ticket", { method: "POST", signal });
          const { ticket }: { ticket: string } = await response.json();
          return ticket;
        };
        recorded({ url: "/chat?room=1#top", ticket });
      });
      await untilState("open");
      expect(sockets).toHaveLength(1);
    });

    test.sequential("with a token among the subprotocols, which reaches verify and is not echoed", async () => {
      const { verified } = await show({ token: "protocol" });
      await page.evaluate(() => void recorded({ url: "/chat", protocols: ["chat.v1"], token: () => "secret" }));
      await untilState("open");
      expect(verified).toEqual(["secret"]);
      expect(await told("open")).toEqual(["chat.v1"]);
      expect(await page.evaluate(() => connection.socket?.url)).not.toContain("secret");
    });

    test.sequential("with a first message, before anything else is sent", async () => {
      const { verified, said } = await show({ token: "message" });
      await page.evaluate(() => {
        const opening = recorded({ url: "/chat", firstMessage: async () => "secret" });
        const timer = setInterval(() => opening.send("hello") && clearInterval(timer), 1);
      });
      await until(() => said.length > 0, "a message has come");
      expect(verified).toEqual(["secret"]);
      expect(said).toEqual(["hello"]);
    });

    test.sequential("with a ticket and a first message", async () => {
      const { said } = await show();
      await page.evaluate(() => void recorded({ url: "/chat", ticket: "/api/ticket", firstMessage: () => "hello" }));
      await until(() => said.length > 0, "a message has come");
      expect(said).toEqual(["hello"]);
    });
  });

  test.sequential("send says whether it has sent", async () => {
    const { said, gate } = await show();
    const first = await page.evaluate(() => recorded({ url: "/chat", ticket: "/api/ticket" }).send("too early"));
    await untilState("open");
    expect(await page.evaluate(() => connection.send("in time"))).toBe(true);
    await until(() => said.length > 0, "a message has come");
    gate.disconnect(() => true, 1008, "Enough");
    await untilState("closed");
    expect([first, await page.evaluate(() => connection.send("too late"))]).toEqual([false, false]);
    expect(said).toEqual(["in time"]);
  });

  describe.sequential("tokens that end", () => {
    test.sequential("renewed in band before the end: the same socket lives on", async () => {
      const shown = await show({ options: { warnBefore: 60_000 } });
      shown.lifetimes.push(3000);
      await page.evaluate(() => {
        const renew = {
          when: (text: string) => text.includes("expiring"),
          message: (ticket: string) => `renew ${ticket}`,
        };
        const { socket } = recorded({ url: "/chat", ticket: "/api/ticket", renew });
        return socket;
      });
      await until(() => shown.sockets.length === 1, "a socket is open");
      const [socket] = shown.sockets;
      await until(async () => (await told("message")).includes('{"type":"renewed","allowed":true}'), "it is renewed");
      // Another's ticket, of a later end and not renewed, has run out before the first would be seen to live on.
      const other = { principal: { name: "Grace" }, origin: shown.page, expiresAt: Date.now() + 3000 };
      const path = `/chat?ticket=${await shown.tickets.issue(other)}`;
      const { host, port } = new URL(shown.page);
      const { frames } = await handshake({ port: Number(port) }, { path, origin: shown.page, hostHeader: host });
      expect((await frames?.nextClose())?.code).toBe(4401);
      frames?.destroy();
      await until(() => shown.sockets.length === 1, "the other is gone");
      expect(shown.sockets[0]).toBe(socket);
      expect(await told("close")).toEqual([]);
      expect(shown.asked).toHaveLength(2);
    });

    test.sequential("not renewed: opened again at once, with a fresh ticket", async () => {
      const shown = await show();
      shown.lifetimes.push(500);
      await connectWithoutTries();
      await until(() => shown.sockets.length === 1, "a socket is open");
      await until(async () => (await told("open")).length === 2, "it is open again");
      expect(await told("close")).toEqual([{ code: 4401, what: "fresh" }]);
      expect(await told("state")).toEqual(["open", "waiting", "connecting", "open"]);
      expect(shown.asked).toHaveLength(2);
    });

    test.sequential("at once only once in a row, though the server greets each socket", async () => {
      const { gate, asked } = await show({ greet: true });
      await connectWithoutTries();
      for (const opened of [1, 2]) {
        await until(async () => (await told("message")).length === opened, "it is greeted");
        gate.disconnect(() => true, 4401, "Token expired");
      }
      await until(async () => (await told("close")).length === 2, "it has ended twice");
      expect(await state()).toBe("waiting");
      expect(asked).toHaveLength(2);
    });

    test.sequential("revoked: the user is logged out, and the client stops reconnecting", async () => {
      const { tickets, sockets, decisions, asked } = await show();
      await connectWithTicket();
      await untilState("open");
      await tickets.revoke({ subject: "ada" });
      await untilState("closed");
      expect(await told("close")).toEqual([{ code: 4401, what: "login" }]);
      expect([await timers(), await listeners()]).toEqual([0, 0]);
      expect([sockets.length, decisions.length, asked.length]).toEqual([0, 1, 1]);
      await page.evaluate(() => connection.reconnect());
      await untilState("open");
    });

    test.sequential.each([401, 403])("the ticket endpoint answers %i: the user is not logged in", async (status) => {
      const shown = await show();
      shown.answerTicket = (response) => void response.writeHead(status).end();
      await connectWithTicket();
      await untilState("closed");
      const error = `Error: /api/ticket answered ${status}.`;
      expect(await told("close")).toEqual([{ code: undefined, what: "login", error }]);
      expect(shown.decisions).toEqual([]);
      shown.answerTicket = undefined;
      await page.evaluate(() => connection.reconnect());
      await untilState("open");
    });

    test.sequential("the app's own function says so with a status", async () => {
      await show();
      await page.evaluate(() => {
        // Without a second try, which could come before the page closes it.
        const retry = { min: 1e6, max: 1e6 };
        recorded({ url: "/chat", ticket: () => Promise.reject(Response.error()), retry });
      });
      await untilState("waiting");
      await page.evaluate(() => {
        connection.close();
        recorded({ url: "/chat", ticket: () => Promise.reject(new Response(null, { status: 401 })) });
      });
      await untilState("closed");
      expect(await told("close")).toMatchObject([{ what: "later" }, { what: "login" }]);
    });

    test.sequential.each([
      ["an error", (response) => void response.writeHead(500).end("{}")],
      ["no JSON", (response) => void response.end("<title>Log in</title>")],
      ["no ticket", (response) => void response.end("{}")],
      ["a redirect elsewhere", (response) => void response.writeHead(302, { Location: "http://127.0.0.1:9/" }).end()],
      ["nothing", (response) => void response.destroy()],
    ] satisfies [string, App["answerTicket"]][])(
      "the endpoint for tickets answers %s: later",
      async (_name, answer) => {
        const shown = await show();
        shown.answerTicket = answer;
        await connectWithTicket();
        await until(async () => (await told("close")).length > 1, "it has been asked twice");
        for (const entry of await told("close")) expect(entry).toMatchObject({ code: undefined, what: "later" });
        shown.answerTicket = undefined;
        await untilState("open");
      },
    );
  });

  describe.sequential("opens again", () => {
    test.sequential("a refused origin: ever later, within bounds", async () => {
      const { decisions, page: origin } = await show({ token: "none", foreign: true });
      const [min, max] = [10, 160];
      await page.evaluate(([url, min, max]) => void recorded({ url, retry: { min, max } }), [
        `${origin}/chat`,
        min,
        max,
      ] as const);
      // But for the second that a `close` may take after its `error`.
      const read = (): Promise<number[]> => page.evaluate(() => waits.filter((wait) => wait !== 1000));
      await until(async () => (await read()).length > 8 && Math.max(...(await read())) > 4 * min, "waits grow", 15_000);
      const drawn = await read();
      for (const [index, wait] of drawn.entries()) {
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(max, min * 2 ** index));
      }
      expect(new Set(drawn).size).toBeGreaterThan(1);
      expect(new Set(decisions.map(({ decision }) => decision.code))).toEqual(new Set(["origin-not-listed"]));
      expect(await told("close")).toContainEqual({ code: 1006, what: "later" });
      expect(await told("open")).toEqual([]);
    }, 20_000);

    test.sequential.each([1001, 1012])("what a server that leaves has closed with %i", async (code) => {
      const { gate } = await show();
      // 1001 waits up to `min`, others not at all.
      await page.evaluate(
        (min) => void recorded({ url: "/chat", ticket: "/api/ticket", retry: { min, max: 1e6 } }),
        code === 1001 ? 50 : 1e6,
      );
      await untilState("open");
      gate.disconnect(() => true, code, "");
      await until(async () => (await told("open")).length === 2, "it is open again");
      expect(await told("close")).toEqual([{ code, what: "now" }]);
    });

    // Only the browser freezes a page, keeps it in its history, or hides it. What a page hears of that is all that the client knows of it.
    test.sequential.each(["freeze", "pagehide"])("what is lost after %s, at once", async (type) => {
      const { sockets } = await show();
      await connectWithoutTries();
      await untilState("open");
      await page.evaluate((type) => document.dispatchEvent(new Event(type, { bubbles: true })), type);
      for (const socket of sockets) socket.terminate();
      await until(async () => (await told("open")).length === 2, "it is open again");
      expect(await told("close")).toEqual([{ code: 1006, what: "later" }]);
    });

    test.sequential.each(["pageshow", "resume", "visibilitychange", "online"])(
      "what waits, at once after %s",
      async (type) => {
        const { decisions, sockets } = await show();
        await connectWithoutTries();
        await untilState("open");
        for (const socket of sockets) socket.terminate();
        await untilState("waiting");
        await page.evaluate((type) => document.dispatchEvent(new Event(type, { bubbles: true })), type);
        await untilState("open");
        expect(decisions).toHaveLength(2);
      },
    );

    test.sequential("with short waits, and at once, after it has been open for 10 s of the page's clock", async () => {
      const { gate } = await show();
      await connectWithoutTries();
      await untilState("open");
      gate.disconnect(() => true, 1012, "");
      await until(async () => (await told("open")).length === 2, "it is open again");
      await page.evaluate(() => {
        const now = performance.now.bind(performance);
        performance.now = () => now() + 10_000;
      });
      gate.disconnect(() => true, 1012, "");
      await until(async () => (await told("open")).length === 3, "it is open again");
      expect(await told("close")).toHaveLength(2);
    });

    test.sequential("waits while the network is away, and tries when it is back", async () => {
      const { sockets, asked } = await show();
      await connectWithTicket();
      await untilState("open");
      await context.setOffline(true);
      for (const socket of sockets) socket.terminate();
      await untilState("waiting");
      expect([await told("state"), await timers(), asked.length]).toEqual([["open", "waiting"], 0, 1]);
      await context.setOffline(false);
      await untilState("open");
      expect(asked).toHaveLength(2);
    });

    test.sequential("stops waiting when the network goes, and tries when it is back", async () => {
      const { sockets } = await show();
      await connectWithoutTries();
      await untilState("open");
      for (const socket of sockets) socket.terminate();
      await untilState("waiting");
      expect(await timers()).toBe(1);
      await context.setOffline(true);
      await until(async () => (await timers()) === 0, "no timer is left");
      await context.setOffline(false);
      await untilState("open");
      expect(await told("state")).toEqual(["open", "waiting", "connecting", "open"]);
    });

    test.sequential("when told to, on a new socket", async () => {
      const { sockets } = await show();
      await connectWithTicket();
      await untilState("open");
      const [old] = sockets;
      await page.evaluate(() => connection.reconnect());
      await untilState("open");
      await until(() => sockets.length === 1 && sockets[0] !== old, "only the new one is open");
      expect(await told("close")).toEqual([]);
      expect(await told("state")).toEqual(["open", "connecting", "open"]);
    });
  });

  describe.sequential("ends", () => {
    test.sequential("close() during the fetch of a ticket opens nothing, and gives the fetch up", async () => {
      const shown = await show();
      let gone = false;
      shown.answerTicket = (response) => void response.once("close", () => (gone = true));
      await connectWithTicket();
      await until(() => shown.asked.length === 1, "a ticket is asked for");
      await page.evaluate(() => connection.close());
      await until(() => gone, "the request is given up");
      expect(await told("state")).toEqual(["closed"]);
      expect(await told("close")).toEqual([]);
      expect(shown.decisions).toEqual([]);
    });

    test.sequential("close() right after connect() asks for nothing", async () => {
      const { asked, decisions } = await show();
      await page.evaluate(async () => {
        recorded({ url: "/chat", ticket: "/api/ticket" }).close();
        await fetch("/other");
      });
      expect([asked.length, decisions.length]).toEqual([0, 0]);
    });

    test.sequential("close() while it waits: no more tries, not even when the network is back", async () => {
      const { sockets, decisions } = await show();
      await connectWithTicket();
      await untilState("open");
      await context.setOffline(true);
      for (const socket of sockets) socket.terminate();
      await untilState("waiting");
      await page.evaluate(() => connection.close());
      expect([await timers(), await listeners()]).toEqual([0, 0]);
      await context.setOffline(false);
      await until(() => page.evaluate(() => navigator.onLine), "the network is back");
      expect(await state()).toBe("closed");
      expect(decisions).toHaveLength(1);
    });

    test.sequential("close() while it waits leaves no timer and no listener", async () => {
      const { sockets } = await show();
      await connectWithoutTries();
      await untilState("open");
      expect(await listeners()).toBe(7);
      for (const socket of sockets) socket.terminate();
      await untilState("waiting");
      expect(await timers()).toBe(1);
      await page.evaluate(() => connection.close());
      expect([await timers(), await listeners()]).toEqual([0, 0]);
      await page.evaluate(() => connection.reconnect());
      await untilState("open");
      expect(await listeners()).toBe(7);
    });

    test.sequential.each(["ticket", "firstMessage"] as const)(
      "close() while a %s is made that cannot be given up",
      async (what) => {
        const { decisions } = await show({ token: "none" });
        const outcome = await page.evaluate(async (what) => {
          let give: (credential: string) => void = () => {};
          const asked = new Promise<AbortSignal>((resolve) => {
            const credential = (signal: AbortSignal): Promise<string> => {
              resolve(signal);
              return new Promise((resolve) => (give = resolve));
            };
            recorded({ url: "/chat", ticket: () => "x", [what]: credential });
          });
          const signal = await asked;
          connection.close();
          give("secret");
          await fetch("/other");
          return [signal.aborted, connection.state, connection.socket === undefined];
        }, what);
        expect(outcome).toEqual([true, "closed", true]);
        expect(decisions).toEqual([]);
      },
    );

    test.sequential("close() with a code and a reason; one that cannot be sent changes nothing", async () => {
      const { sockets } = await show();
      await connectWithTicket();
      await untilState("open");
      const closed = new Promise((resolve) =>
        sockets[0]?.once("close", (code, reason) => resolve([code, String(reason)])),
      );
      const refused = await page.evaluate(() => {
        try {
          connection.close(1006);
          return "";
        } catch (error) {
          return String(error);
        }
      });
      expect([refused.split(":")[0], await state()]).toEqual(["InvalidAccessError", "open"]);
      await page.evaluate(() => connection.close(4000, "Bye"));
      expect(await closed).toEqual([4000, "Bye"]);
      expect(await told("state")).toEqual(["open", "closed"]);
    });

    test.sequential.each([1000, 1008, 4403])("closed with %i it stays closed", async (code) => {
      const { gate, decisions } = await show();
      await connectWithTicket();
      await untilState("open");
      gate.disconnect(() => true, code, "");
      await untilState("closed");
      expect([await timers(), await listeners()]).toEqual([0, 0]);
      expect(decisions).toHaveLength(1);
    });

    test.sequential("a page that is closed leaves no socket", async () => {
      const { sockets } = await show();
      await connectWithTicket();
      await untilState("open");
      expect(sockets).toHaveLength(1);
      await page.close();
      await until(() => sockets.length === 0, "the socket is gone");
    });

    test.sequential("what a CSP blocks: said, though Chromium fires no close, and tried again later", async () => {
      const { decisions } = await show({ csp: "connect-src 'self'", token: "none" });
      await page.evaluate(() => void recorded({ url: "ws://localhost:9/chat", retry: { min: 1e6, max: 1e6 } }));
      await until(async () => (await told("close")).length > 0, "it is told");
      const [what, stays] = name === "chromium" ? ["later", "waiting"] : ["never", "closed"];
      expect(await told("close")).toEqual([expect.objectContaining({ what })]);
      expect(await state()).toBe(stays);
      expect(decisions).toEqual([]);
    });

    test.sequential("what a CSP blocks is said also where the network goes at that moment", async () => {
      await show({ csp: "connect-src 'self'", token: "none" });
      await page.evaluate(async () => {
        recorded({ url: "ws://localhost:9/chat", retry: { min: 1e6, max: 1e6 } });
        // Firefox throws; in Chromium there is an `error`, and a timer for the `close` that does not come.
        while (pending.size === 0 && log.length === 0) await new Promise(requestAnimationFrame);
        dispatchEvent(new Event("offline"));
      });
      await until(async () => (await told("close")).length > 0, "it is told");
      expect(await state()).not.toBe("connecting");
    });

    test.sequential("a token that is no subprotocol: said, and not tried again", async () => {
      const { decisions } = await show({ token: "protocol" });
      await page.evaluate(() => void recorded({ url: "/chat", protocols: ["chat.v1"], token: () => "not a token" }));
      await untilState("closed");
      expect(await told("close")).toMatchObject([{ what: "never", error: expect.stringContaining("SyntaxError") }]);
      expect(decisions).toEqual([]);
    });
  });

  test.sequential("why a socket is refused, asked across origins without a preflight", async () => {
    await show();
    const methods: (string | undefined)[] = [];
    const gate = createServer((request, response) => {
      methods.push(request.method);
      response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "");
      response.setHeader("Access-Control-Allow-Credentials", "true");
      response.end(JSON.stringify({ code: "origin-not-listed", text: request.url }));
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
    const address = gate.address();
    const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}/chat`;
    try {
      const refusal = await page.evaluate((url) => client.whyRefused(url), url);
      expect(refusal).toEqual({ code: "origin-not-listed", text: "/chat?wsorigin-explain=1" });
      expect(methods).toEqual(["GET"]);
    } finally {
      gate.closeAllConnections();
      await new Promise((resolve) => gate.close(resolve));
    }
    expect(await page.evaluate((url) => client.whyRefused(url), url)).toBeUndefined();
  });

  test.sequential("what callbacks throw goes to the page, and changes nothing", async () => {
    const { gate } = await show();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.evaluate(() => {
      const fail = (what: string) => (): never => {
        throw new Error(what);
      };
      const all = { onOpen: fail("open"), onClose: fail("close"), onState: fail("state") };
      Object.assign(globalThis, { connection: client.connect({ url: "/chat", ticket: "/api/ticket", ...all }) });
    });
    await untilState("open");
    gate.disconnect(() => true, 1008, "");
    await untilState("closed");
    await until(() => errors.length === 4, "four errors are told");
    expect(errors).toEqual(["state", "open", "close", "state"]);
  });

  test.sequential("callbacks may close and open again", async () => {
    const { gate } = await show();
    await page.evaluate(() => {
      Object.assign(globalThis, { states: [] });
      const options: Client.ConnectOptions = {
        url: "/chat",
        ticket: "/api/ticket",
        retry: { min: 1e6, max: 1e6 },
        onClose: () => connection.reconnect(),
        onState: (state) => (globalThis as unknown as { states: string[] }).states.push(state),
      };
      Object.assign(globalThis, { connection: client.connect(options) });
    });
    await untilState("open");
    gate.disconnect(() => true, 1011, "");
    await page.waitForFunction(() => (globalThis as unknown as { states: string[] }).states.length === 3);
    const states = await page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    expect(states).toEqual(["open", "connecting", "open"]);
  });

  test.sequential("options that cannot work are refused", async () => {
    await show();
    const errors = await page.evaluate(() => {
      const token = (): string => "secret";
      const wrong: Client.ConnectOptions[] = [
        { url: "/chat", token },
        { url: "/chat", token, protocols: ["chat.v1"], ticket: "/api/ticket" },
        { url: "ftp://app.example" },
        ...[{ min: 0 }, { min: Number.NaN }, { min: 10, max: 5 }, { max: 2 ** 31 }].map((retry) => ({
          url: "/",
          retry,
        })),
      ];
      return wrong.map((options) => {
        try {
          client.connect(options).close();
          return "none";
        } catch (error) {
          return String(error);
        }
      });
    });
    expect(errors).toEqual([
      expect.stringMatching(/^TypeError: token: name a subprotocol in `protocols` too/),
      expect.stringMatching(/^TypeError: ticket, token: write one/),
      expect.stringMatching(/^TypeError: No socket opens at "ftp:/),
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^TypeError: retry: write 0 < min/)),
    ]);
  });
});
