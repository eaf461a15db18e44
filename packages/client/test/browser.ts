import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { cacheFolder } from "./built.ts";

/**
 * A real Chromium, with its web security as it ships: the arguments that its package suggests would switch that off. Where it does not start, the
 * reason; on CI that is an error.
 */
export async function launch(): Promise<Browser | { readonly missing: string }> {
  const folder = await cacheFolder("chromium");
  const before = process.env["TMPDIR"];
  // Where it is unpacked, and found again.
  process.env["TMPDIR"] = folder;
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    const { chromium } = await import("playwright-core");
    return await chromium.launch({ executablePath: await packed.executablePath(), args: ["--no-sandbox"] });
  } catch (error) {
    // What was unpacked by halves would be taken for the whole.
    rmSync(join(folder, "chromium"), { force: true });
    if (process.env["CI"]) throw error;
    const [reason] = String(error).split("\n");
    return { missing: `No Chromium starts here (${process.platform}, ${process.arch}): ${reason}` };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
