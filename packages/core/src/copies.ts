import { layout, shared } from "./shared.ts";
import { version } from "./version.ts";

/** One copy of the core that this process has loaded. */
interface Copy {
  readonly version: string;
  readonly layout: number;
  readonly location: string | undefined;
}

/** Every copy, whatever its layout. By what is said of it, so that a copy that is loaded again does not count twice. */
const copies = shared("copies", () => new Map<string, Copy>());
const own: Copy = { version, layout, location: locationOf(new Error("loaded")) };
copies.set(nameOf(own), own);

/** Returns the file in which an error was made, from its first stack frame; `undefined` if the runtime does not say. */
export function locationOf({ stack }: Error): string | undefined {
  // A tool that replaces Error.prepareStackTrace may return anything.
  return typeof stack === "string"
    ? /(?:file:\/\/)?(?:\/|[A-Z]:[\\/]).*?(?=:\d+:\d+\)?$)/im.exec(stack)?.[0]
    : undefined;
}

/**
 * Returns what to do about copies whose grants and refusals this copy cannot read: their `verify` seems to return a meaningless object. Returns `undefined` if
 * there are none.
 */
export function unreadableCopies(): string | undefined {
  const others = Array.from(copies.values()).filter((copy) => copy.layout !== layout);
  if (others.length === 0) return undefined;
  return `This process has loaded incompatible versions of @wsorigin/core: ${[own, ...others].map(nameOf).join(", ")}. What one grants, the other refuses. Install one version for all packages of wsorigin: "npm ls @wsorigin/core" shows which package needs which, and "npm dedupe" merges what can be merged.`;
}

function nameOf({ version, location }: Copy): string {
  return location === undefined ? version : `${version} (${location})`;
}
