import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "@wsorigin/testing";
import pixelmatch from "pixelmatch";
import type { Browser, Frame, Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { launch } from "../../../packages/client/test/browsers.ts";
import { fromRoot } from "../src/server/files.ts";
import { type RunningLab, startLab } from "../src/server/start.ts";

// What only the Chromium can do that comes with the install: it tells of downloads, and draws the same everywhere.

let browser: Browser | undefined;
let missing = "";

beforeAll(async () => {
  const started = await launch("chromium", { sharedProcesses: true });
  if ("missing" in started) missing = started.missing;
  else browser = started;
});

afterAll(async () => browser?.close());

beforeEach(({ skip }) => {
  if (browser === undefined) skip(missing);
});

/** In this order, one after the other. */
const kinds = ["app", "site", "port", "lookalike", "sandbox", "data", "stolen", "rebound"];

/** The lab, each of whose pages has tried once, in a known order. */
async function show(options: object): Promise<{ readonly page: Page; readonly lab: RunningLab }> {
  if (browser === undefined) throw new Error(missing);
  const lab = await startLab({ port: 0 });
  onTestFinished(() => lab.close());
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await context.route(
    (url) => url.pathname === "/" && url.port !== new URL(lab.url).port,
    async (route) => {
      const kind = new URL(route.request().url()).searchParams.get("kind") ?? "app";
      const turn = kinds.indexOf(kind);
      if (turn >= 0) await until(() => lab.told.length >= turn, `it is the turn of ${kind}`, 30_000);
      await route.continue();
    },
  );
  await page.goto(lab.url);
  await until(() => lab.told.length === kinds.length, "every page has tried", 30_000);
  await page
    .locator(".list li")
    .nth(kinds.length - 1)
    .waitFor();
  return { page, lab };
}

test("what is exported is what is shown", async () => {
  const { page } = await show({});
  await page.getByLabel("What it tries").selectOption("port");
  const rows = await page.locator("tbody tr").count();
  const exported = async (button: string): Promise<{ readonly name: string; readonly text: string }> => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button }).click(),
    ]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
  };
  const csv = await exported("Export CSV");
  expect(csv.name).toBe("wsorigin-matrix.csv");
  expect(csv.text.trimEnd().split("\r\n")).toHaveLength(rows + 1);
  const json = await exported("Export JSON");
  expect(json.name).toBe("wsorigin-matrix.json");
  expect(JSON.parse(json.text)).toHaveLength(rows);
});

/** How many pixels may differ, and where the pictures are. */
const tolerance = 0.002;
const folder = fromRoot("screenshots");

/** The frames with a page in them that is drawn. */
function cardsOf(page: Page): Frame[] {
  return page.frames().filter((frame) => frame !== page.mainFrame() && frame.url().startsWith("http:"));
}

/** Puts fixed text where time and free ports would make each picture another. */
async function still(page: Page, { url, places }: RunningLab): Promise<void> {
  const ports = [
    [new URL(url).port, "3000"],
    [new URL(places.app).port, "3001"],
    [String(places.hostilePort), "3002"],
  ] as const;
  for (const frame of [page.mainFrame(), ...cardsOf(page)]) {
    await frame.evaluate(async (ports) => {
      const fix = (text: string): string =>
        ports.reduce((text, [from, to]) => text.replaceAll(`:${from}`, `:${to}`), text);
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
        node.nodeValue = fix(node.nodeValue ?? "");
      for (const area of document.querySelectorAll("textarea")) area.value = fix(area.value);
      for (const facts of document.querySelectorAll(".facts"))
        facts.textContent = "answered 403, route /orders, decided in 0.1 ms at 12:00:00";
      await document.fonts.ready;
    }, ports);
  }
}

/** What is drawn of one page, one after the other. */
interface Shot {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme?: "dark";
  /** The part that is drawn; the window, if it is not given. */
  readonly part?: string;
}

const wide: readonly Shot[] = [
  { name: "light", width: 1280, height: 800 },
  { name: "dark", width: 1280, height: 800, colorScheme: "dark" },
  { name: "tablet", width: 768, height: 1024 },
  { name: "wide", width: 1920, height: 1080 },
  { name: "matrix", width: 1440, height: 1180, part: ".matrix" },
];
const phone: readonly Shot[] = [{ name: "phone", width: 390, height: 1400 }];

test.each([
  ["at 768, 1280 and 1920 pixels", wide, 1],
  ["on a phone", phone, 2],
])("the lab looks as it did: %s", async (_, shots, deviceScaleFactor) => {
  const [{ width, height } = { width: 0, height: 0 }] = shots;
  const { page, lab } = await show({ viewport: { width, height }, deviceScaleFactor });
  await page.locator(".list button", { hasText: "host-not-listed" }).click();
  await page.locator(".detail pre", { hasText: "rebound.localhost" }).waitFor();
  for (const frame of cardsOf(page)) await frame.locator("#outcome", { hasText: /Open|Refused|Not tried/ }).waitFor();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.mouse.move(0, 0);
  await still(page, lab);
  for (const { name, width, height, colorScheme = "light", part } of shots) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const shot = await (part === undefined ? page : page.locator(part)).screenshot({ animations: "disabled" });
    expect.soft(await compare(name, shot)).toBe("alike");
  }
});

/** Compares a picture with the one in the repository. Where they differ, says how much and where to look. */
async function compare(name: string, shot: Buffer): Promise<string> {
  const file = join(folder, `${name}.png`);
  if (process.env["UPDATE_SCREENSHOTS"] !== undefined) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, shot);
  }
  const [expected, got] = [PNG.sync.read(await readFile(file)), PNG.sync.read(shot)];
  const { width, height } = expected;
  if (got.width !== width || got.height !== height)
    return `${name} is ${got.width} x ${got.height} pixels, not ${width} x ${height}; UPDATE_SCREENSHOTS=1 takes it`;
  const difference = new PNG({ width, height });
  const pixels = pixelmatch(expected.data, got.data, difference.data, width, height, { threshold: 0.2 });
  const differs = pixels > width * height * tolerance;
  const kept = fromRoot(`node_modules/.cache/screenshots/${name}`);
  if (differs) {
    await mkdir(kept, { recursive: true });
    await writeFile(join(kept, "got.png"), shot);
    await writeFile(join(kept, "difference.png"), PNG.sync.write(difference));
  }
  return differs ? `${pixels} pixels differ: see ${kept}; UPDATE_SCREENSHOTS=1 takes it` : "alike";
}

/** The lowest edge of what matches, in pixels from the top of the page. */
function bottomOf(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .last()
    .evaluate((element) => element.getBoundingClientRect().bottom + scrollY);
}

test("all columns fit into 1280 x 800 pixels, and the pages in the frames need no scrolling", async () => {
  const { page } = await show({ viewport: { width: 1280, height: 800 } });
  for (const column of [".allowed iframe", ".log", ".hostile iframe"])
    expect(await bottomOf(page, column)).toBeLessThanOrEqual(800);
  await expectFramesFit(page);
  await page.setViewportSize({ width: 768, height: 1024 });
  await expectFramesFit(page);
});

test("on a phone it is short: the policy and the matrix are folded, and open by keyboard", async () => {
  const { page } = await show({ viewport: { width: 390, height: 844 } });
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(2500);
  await expectFramesFit(page);
  const origins = page.getByLabel("Origins that may open a socket");
  expect(await origins.isVisible()).toBe(false);
  await page.locator("#policy summary").focus();
  await page.keyboard.press("Enter");
  await origins.waitFor();
});

async function expectFramesFit(page: Page): Promise<void> {
  for (const frame of cardsOf(page)) {
    await frame.locator("#outcome", { hasText: /Open|Refused|Not tried/ }).waitFor();
    const hidden = await frame.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect([frame.url(), hidden]).toEqual([frame.url(), 0]);
  }
}
