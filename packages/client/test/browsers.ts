import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { strToU8, zipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { cacheFolder } from "./built.ts";

export const everyBrowser = ["chromium", "firefox"] as const;
export type BrowserName = (typeof everyBrowser)[number];

/**
 * The browsers that tests start: those that the environment variable `BROWSERS` names, or Chromium. `pnpm test:browsers` names both. Without it, only the
 * short tests of pages run.
 */
export const browserNames: readonly BrowserName[] = everyBrowser.filter((name) =>
  (process.env["BROWSERS"] ?? "chromium").split(",").includes(name),
);

export interface LaunchOptions {
  /** Names that lead to this machine, beside `localhost` and what ends in it. */
  readonly names?: readonly string[];
  /** A certification authority to trust, and a certificate of its making, both as PEM. */
  readonly tls?: { readonly authority: string; readonly cert: string };
  /** Whether sites share processes. What pages can do is the same, and a page with frames of many sites takes much less processor time. */
  readonly sharedProcesses?: boolean;
  /** Extensions that Firefox starts with: name to files. The Chromium of the tests has no extensions. */
  readonly extensions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * A real browser, with its web security as it ships. Where it does not start, the reason; on CI that is an error.
 *
 * Chromium comes with a package, for Linux on x64. Firefox is the one that is installed.
 */
export async function launch(
  name: BrowserName,
  options: LaunchOptions = {},
): Promise<Browser | { readonly missing: string }> {
  try {
    return await (name === "chromium" ? launchChromium(options) : launchFirefox(options));
  } catch (error) {
    if (process.env["CI"]) throw error;
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { missing: `No ${name} starts here (${process.platform}, ${process.arch}): ${reason}` };
  }
}

async function launchChromium({ names, tls, sharedProcesses = false }: LaunchOptions): Promise<Browser> {
  const folder = await cacheFolder("chromium");
  const before = process.env["TMPDIR"];
  // Where it is unpacked, and found again.
  process.env["TMPDIR"] = folder;
  try {
    const executablePath = await unpackChromium(folder);
    const { chromium } = await import("playwright-core");
    // The arguments that its package suggests would switch web security off.
    const args = ["--no-sandbox"];
    if (names !== undefined) args.push(`--host-resolver-rules=${names.map((to) => `MAP ${to} 127.0.0.1`).join(",")}`);
    if (sharedProcesses) args.push("--disable-site-isolation-trials", "--renderer-process-limit=2");
    if (tls !== undefined) args.push(`--ignore-certificate-errors-spki-list=${fingerprint(tls.cert)}`);
    return await chromium.launch({ executablePath, args });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** How old the lock of a process that was ended while it unpacked may become, in milliseconds. */
const staleAfter = 120_000;

/** Unpacks Chromium, or finds it. One process at a time: files of tests run side by side, and a program that is still being written cannot be started. */
async function unpackChromium(folder: string): Promise<string> {
  const { default: packed } = await import("@sparticuz/chromium");
  const lock = join(folder, "unpacking");
  while (!(await makeLock(lock))) {
    const held = await stat(lock).catch(() => undefined);
    if (held !== undefined && Date.now() - held.mtimeMs > staleAfter) await rm(lock, { recursive: true, force: true });
    await delay(50);
  }
  try {
    return await packed.executablePath();
  } catch (error) {
    // What was unpacked by halves would be taken for the whole.
    rmSync(join(folder, "chromium"), { force: true });
    throw error;
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Makes a folder. Says whether it did: `false` if it is there already. */
async function makeLock(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** What Chromium takes a certificate for good by. */
function fingerprint(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

async function launchFirefox(wanted: LaunchOptions): Promise<Browser> {
  const { names = [], tls, sharedProcesses = false, extensions } = wanted;
  const executablePath = onPath("firefox-esr") ?? onPath("firefox");
  if (executablePath === undefined) throw new Error("Firefox is not installed (Debian: apt install firefox-esr).");
  const { firefox } = await import("playwright-core");
  const options = {
    // As it is installed, by WebDriver BiDi.
    channel: "moz-firefox",
    executablePath,
    firefoxUserPrefs: {
      "network.dns.localDomains": names.join(","),
      // It would wait before it tries a failed host again, ever longer: up to a minute.
      "network.websocket.delay-failed-reconnects": false,
      // Extensions of the profile run as they are, unsigned, and without being asked for.
      ...(extensions && { "xpinstall.signatures.required": false, "extensions.autoDisableScopes": 0 }),
      ...(sharedProcesses && { "fission.webContentIsolationStrategy": 0, "dom.ipc.processCount": 2 }),
    },
  };
  if (tls === undefined && extensions === undefined) return firefox.launch(options);

  const profile = await mkdtemp(join(await cacheFolder("firefox"), "profile-"));
  if (tls !== undefined) await trust(profile, tls.authority);
  if (extensions !== undefined) await addExtensions(profile, extensions);
  const context = await firefox.launchPersistentContext(profile, options);
  const browser = context.browser();
  if (browser === null) throw new Error("Firefox did not start.");
  // Its last process still writes there.
  browser.on("disconnected", () => void rm(profile, { recursive: true, force: true, maxRetries: 20 }));
  return browser;
}

/** Leaves the document of a page that is used again. A navigation of its own that is still under way can abort that once; the second try comes after it. */
export async function leaveDocument(page: Page): Promise<void> {
  await page.goto("about:blank").catch(() => page.goto("about:blank"));
}

async function trust(profile: string, authority: string): Promise<void> {
  const certutil = onPath("certutil");
  if (certutil === undefined)
    throw new Error(
      "certutil is not installed, which tells Firefox whom to trust (Debian: apt install libnss3-tools).",
    );
  const run = promisify(execFile);
  const file = join(profile, "authority.pem");
  await writeFile(file, authority);
  await run(certutil, ["-N", "-d", `sql:${profile}`, "--empty-password"]);
  await run(certutil, ["-A", "-d", `sql:${profile}`, "-n", "tests", "-t", "C,,", "-i", file]);
}

async function addExtensions(profile: string, extensions: NonNullable<LaunchOptions["extensions"]>): Promise<void> {
  await mkdir(join(profile, "extensions"));
  for (const [name, files] of Object.entries(extensions)) {
    const texts = Object.entries(files).map(([file, text]) => [file, strToU8(text)] as const);
    await writeFile(join(profile, "extensions", `${name}.xpi`), zipSync(Object.fromEntries(texts)));
  }
}

function onPath(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}
