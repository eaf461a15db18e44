import axe, { type AxeResults } from "axe-core";
import { handshake, until } from "@wsorigin/testing";
import type { Browser, BrowserContext, FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browserNames, launch, leaveDocument } from "../../../packages/client/test/browsers.ts";
import { type RunningLab, startLab } from "../src/server/start.ts";

/** What the pages try by themselves. */
const expected = {
  "origin-listed": 1,
  "origin-not-listed": 4,
  "origin-opaque": 2,
  "host-not-listed": 1,
};

describe.concurrent.each(browserNames)("in %s", (name) => {
  let browser: Browser | undefined;
  let missing = "";
  // One page for all tests that pass: browsers are slow to open another.
  let context: BrowserContext;
  let page: Page;
  let fresh = true;
  let lab: RunningLab;
  /** What the browser complains of, but for the refusals that the lab is about. */
  let complaints: string[];

  beforeAll(async () => {
    const started = await launch(name, { sharedProcesses: true });
    if ("missing" in started) missing = started.missing;
    else browser = started;
  });

  afterAll(async () => browser?.close());

  beforeEach(async ({ skip }) => {
    if (browser === undefined) {
      skip(missing);
      return;
    }
    lab = await startLab({ port: 0 });
    if (fresh) {
      context = await browser.newContext();
      page = await context.newPage();
      fresh = false;
    }
    await page.setViewportSize({ width: 1440, height: 1000 });
    complaints = [];
    // Firefox tells of a refusal as an error of the page, Chromium in the console.
    const complain = (text: string): void => {
      if (!/WebSocket connection|establish a connection to the server|was interrupted/.test(text))
        complaints.push(text);
    };
    page.on("pageerror", (error) => complain(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complain(message.text());
    });
  });

  afterEach(async ({ task }) => {
    if (browser === undefined) return;
    if (task.result?.state === "fail") {
      await context.close();
      fresh = true;
    } else {
      for (const other of context.pages()) if (other !== page) await other.close();
      page.removeAllListeners("pageerror").removeAllListeners("console");
      await page.emulateMedia({ colorScheme: null });
      await leaveDocument(page);
      await context.clearCookies();
    }
    await lab.close();
  });

  const codes = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { code } of lab.told) counts[code] = (counts[code] ?? 0) + 1;
    return counts;
  };

  /** Opens the lab; everything that its pages do by themselves has been done. */
  async function show(): Promise<void> {
    await page.goto(lab.url);
    await until(() => lab.told.length === 8, "every page has tried", 30_000);
    await page.locator(".list li").nth(7).waitFor();
  }

  const card = (title: string): FrameLocator => page.frameLocator(`iframe[title="${title}"]`);

  const outcome = (title: string, text: string): Promise<void> =>
    card(title).locator("#outcome", { hasText: text }).waitFor();

  test.sequential("the app's page is in, everybody else is stopped where they should be, and told nothing", async () => {
    await show();
    expect(codes()).toEqual(expected);
    await outcome("The app's own page", "Open. The orders are live.");
    expect(await page.locator('.list [aria-pressed="true"]').getAttribute("class")).toBe("stopped");
    for (const title of [
      "Another site",
      "Another port of the host",
      "A lookalike name",
      "A sandboxed frame",
      "A data: URL",
      "DNS rebinding",
      "With a stolen ticket",
    ])
      await outcome(title, "Refused. The page only sees 1006.");
    const counts = await page.locator(".track .count").allInnerTexts();
    expect(counts.map((text) => text.trim())).toEqual(["", "", "1 stopped", "6 stopped", "", "1 in"]);
    expect(complaints).toEqual([]);
  });

  test.sequential("a chosen decision is explained, and its way is drawn", async () => {
    await show();
    await page.locator(".list button", { hasText: "host-not-listed" }).click();
    const detail = page.locator(".detail");
    await detail.locator("pre", { hasText: "rebound.localhost" }).waitFor();
    expect(await detail.innerText()).toMatch(/fix:[\s\S]*answered 403, route \/orders/);
    expect(await page.locator(".track li").evaluateAll((items) => items.map(({ className }) => className))).toEqual([
      "passed",
      "passed",
      "stopped",
      "",
      "",
      "",
    ]);
    await detail.getByRole("button", { name: "Show the newest refusal" }).click();
    expect(await page.locator(".list .stopped").first().getAttribute("aria-pressed")).toBe("true");
  });

  test.sequential("a listed origin is admitted, with a token where one is required", async () => {
    await show();
    const evil = `http://evil.localhost:${lab.places.hostilePort}`;
    const origins = page.getByLabel("Origins that may open a socket");
    await origins.fill(`${await origins.inputValue()}\n${evil}`);
    // Its page has no ticket; but one who has stolen one has, for another Origin.
    await until(() => codes()["token-missing"] !== undefined, "it is asked for a ticket", 30_000);
    await until(() => codes()["token-origin-mismatch"] !== undefined, "a stolen one is no good", 30_000);
    await page.getByLabel("Ask for a ticket too").uncheck();
    await outcome("Another site", "Let in: it reads the orders of Ada.");
    await page.locator(".list button", { hasText: evil }).filter({ hasText: "origin-listed" }).first().waitFor();
    await outcome("The app's own page", "Open. The orders are live.");
    expect(lab.told.filter(({ allowed, origin }) => allowed && origin === evil)).toHaveLength(2);
  });

  test.sequential("one that is too wide lets them in, each by its own gap, and there is a way back", async () => {
    await show();
    await page.getByRole("button", { name: "Try an unsafe policy" }).click();
    for (const title of ["Another site", "Another port of the host", "A sandboxed frame", "A data: URL"])
      await outcome(title, "Let in: it reads the orders of Ada.");
    await outcome("A lookalike name", "Refused.");
    await outcome("The app's own page", "Open.");
    await page.getByRole("button", { name: "Reset" }).click();
    await outcome("A sandboxed frame", "Refused.");
    expect(await page.getByLabel("Hosts that this server").inputValue()).toBe(new URL(lab.places.app).host);
  });

  test.sequential("a policy that does not compile is reported at its field, and the previous one stays in force", async () => {
    await show();
    const origins = page.getByLabel("Origins that may open a socket");
    await origins.fill("app.example.com\nhttps://*");
    const issues = page.locator("#origins-issues li");
    await issues.nth(1).waitFor();
    expect(await issues.allInnerTexts()).toEqual([
      expect.stringContaining('"app.example.com"'),
      expect.stringContaining('"https://*"'),
    ]);
    expect(await origins.getAttribute("aria-invalid")).toBe("true");
    expect(await origins.getAttribute("aria-describedby")).toContain("origins-issues");
    await card("Another site").locator("#again").dispatchEvent("click");
    await until(() => lab.told.length === 9, "it has tried again");
    expect(lab.told.at(-1)?.code).toBe("origin-not-listed");
    await page.getByLabel("sameHost").check();
    await page.getByLabel("Hosts that this server").fill("");
    expect(await issues.count()).toBe(3);
    const code = page.locator(".policy-code");
    await code.getByText("createPolicy() throws").waitFor();
    expect(await code.getByRole("button", { name: "Copy" }).count()).toBe(0);
  });

  test.sequential("in a hurry, the limit stops it, before anything else is asked, and never the app's page", async () => {
    await show();
    await card("In a hurry").locator("#again").dispatchEvent("click");
    await outcome("In a hurry", "30 of 30 refused");
    expect(codes()["too-many-failures"]).toBeGreaterThan(5);
    expect(await page.locator(".track li").first().innerText()).toMatch(/Limits\s+\d+ stopped/);
    const before = lab.told.length;
    await page.reload();
    await until(() => lab.told.length === before + 8, "every page has tried again", 30_000);
    await outcome("The app's own page", "Open.");
    expect(lab.told.slice(before).filter(({ code }) => code === "too-many-failures")).toEqual([]);
  });

  test.sequential("what is typed changes the matrix at once", async () => {
    await show();
    const totals = page.locator(".totals td");
    expect(await totals.first().innerText()).toBe("10");
    await page.getByLabel("Origins that may open a socket").fill("https://app.example.com");
    await totals.first().getByText("1", { exact: true }).waitFor();
    await page.getByLabel("Origins that may open a socket").fill("https://app.shop.example\nhttps://*.shop.example");
    await totals.first().getByText("10", { exact: true }).waitFor();
    expect(await page.getByLabel("Ask about").inputValue()).toBe("shop.example");
  });

  test.sequential("the matrix is sorted, filtered and read by keyboard alone", async () => {
    await show();
    const heading = page.getByRole("columnheader", { name: "Spring" });
    await heading.getByRole("button").focus();
    await page.keyboard.press("Enter");
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    expect(await page.locator("tbody tr").first().locator("td").nth(4).innerText()).toMatch(/let in/);
    await page.keyboard.press("Enter");
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    await page.keyboard.press("Enter");
    expect(await heading.getAttribute("aria-sort")).toBe("none");

    await page.getByLabel("Search").fill("evil.com%00");
    expect(await page.locator("tbody tr").count()).toBeLessThan(5);
    await page.locator("tbody th button").first().focus();
    await page.keyboard.press("Enter");
    await page.locator(".matrix-detail pre", { hasText: "came:" }).waitFor();
    expect(await page.locator("tbody th button").first().getAttribute("aria-expanded")).toBe("true");
    await page.getByLabel("Search").fill("");
    await page.getByRole("button", { name: /^Show all/ }).press("Enter");
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(300);
  });

  test.sequential("a decision is chosen by keyboard, and new ones are said to screen readers", async () => {
    await show();
    const second = page.locator(".list button").nth(1);
    await page.locator(".list button").first().focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    expect(await second.getAttribute("aria-pressed")).toBe("true");
    await page.locator('.log [role="status"]', { hasText: "handshakes" }).waitFor({ state: "attached" });
  });

  test.sequential("nothing that axe knows is wrong with it: light, dark, and on a phone, without scrolling sideways", async () => {
    await show();
    for (const [width, scheme] of [
      [1440, "light"],
      [1440, "dark"],
      [390, "light"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      // Firefox cannot be told the scheme from outside here.
      await page.evaluate((scheme) => document.documentElement.style.setProperty("color-scheme", scheme), scheme);
      if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document, { iframes: false });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
      });
      expect([width, scheme, violations]).toEqual([width, scheme, []]);
      const hidden = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(hidden).toBe(0);
    }
  });

  test.sequential("without its server it says so, and comes back by itself", async () => {
    await show();
    await lab.close();
    await page.locator(".connection", { hasText: "away" }).waitFor();
    lab = await startLab({ port: Number(new URL(lab.url).port) });
    await page.locator(".connection.open").waitFor();
    expect(await page.locator(".connection").innerText()).toBe("Live");
  });

  test.sequential("what is edited in another window is shown here too, unless something is edited here", async () => {
    await show();
    const other = await context.newPage();
    await other.goto(lab.url);
    const [here, there] = [page, other].map((window) => window.getByLabel("Origins that may open a socket"));
    await there?.fill("https://one.example.com");
    await until(async () => (await here?.inputValue()) === "https://one.example.com", "it is shown here", 30_000);
    await here?.fill("https://two.example.com\nno origin");
    const frame = await page.locator(".hostile iframe").first().elementHandle();
    await there?.fill("https://three.example.com");
    // It is another one when the app has got the policy.
    await frame?.waitForElementState("hidden");
    expect(await here?.inputValue()).toBe("https://two.example.com\nno origin");
  });

  test.sequential("what is edited while its server is away guards the app when it is back", async () => {
    await show();
    const hostHeader = new URL(lab.places.app).host;
    await lab.close();
    await page.locator(".connection", { hasText: "away" }).waitFor();
    const added = "https://added.example.com";
    await page.getByLabel("Origins that may open a socket").fill(added);
    await page.getByLabel("Ask for a ticket too").uncheck();
    lab = await startLab({ port: Number(new URL(lab.url).port) });
    // The gate's server is exchanged with each policy: a knock may find none.
    const knock = async (): Promise<number | undefined> => {
      const target = { host: "localhost", port: Number(new URL(lab.places.app).port) };
      const { status, frames } = await handshake(target, { path: "/orders", origin: added, hostHeader });
      frames?.destroy();
      return status;
    };
    await until(async () => (await knock().catch(() => undefined)) === 101, "the edited policy counts", 30_000);
    expect(await page.getByLabel("Origins that may open a socket").inputValue()).toBe(added);
  });
});

declare global {
  var axe: { run(root: Document, options?: object): Promise<AxeResults> };
}
