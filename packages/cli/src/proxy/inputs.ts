import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CannotRun } from "../command.ts";
import { isKnownName } from "./kinds.ts";
import { longestInput } from "./limits.ts";
import { Stopped } from "../pace.ts";

/** A file to check, by the name that the report uses. */
export interface Input {
  readonly file: string;
  readonly text: string;
}

interface Reading {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly stdin: () => Promise<string>;
}

/** The files that a name means: a file, `-` for standard input, or what a folder has that may be a configuration. */
export async function inputsOf(
  name: string,
  reading: Reading,
): Promise<{ readonly files: readonly Input[]; readonly folder: boolean }> {
  if (name === "-") return { files: [{ file: "standard input", text: await reading.stdin() }], folder: false };
  const path = resolve(reading.cwd, name);
  const about = await stat(path).catch((cause: unknown) => {
    throw cannotRead(name, cause);
  });
  if (!about.isDirectory())
    return { files: [{ file: name, text: await readBounded(path, name, reading.signal) }], folder: false };
  const files: Input[] = [];
  for (const file of await candidates(path)) {
    if (reading.signal.aborted) break;
    const text = await readBounded(join(path, file), file, reading.signal).catch(() => undefined);
    if (text !== undefined) files.push({ file: `${name.replace(/[\\/]+$/, "")}/${file}`, text });
  }
  return { files, folder: true };
}

function cannotRead(name: string, cause: unknown): CannotRun {
  return new CannotRun(`${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

async function readBounded(path: string, name: string, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    // A pipe, such as that of `<(nginx -T)`, has no size.
    for await (const part of createReadStream(path, { signal })) {
      if (!Buffer.isBuffer(part)) continue;
      parts.push(part);
      length += part.length;
      if (length > longestInput) throw new CannotRun(tooLong(name));
    }
  } catch (error) {
    if (error instanceof CannotRun) throw error;
    if (signal.aborted) throw new Stopped("Reading was told to end.");
    throw cannotRead(name, error);
  }
  return Buffer.concat(parts)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

function tooLong(name: string): string {
  return `${name} is longer than ${longestInput / 1_000_000} MB, which is more than is read. Check the part of it that has the socket's path.`;
}

const deepest = 5;
const mostFiles = 200;
const left = new Set(["node_modules", ".git", "vendor", "dist", "build", "target"]);

/** The files of a folder whose names may be those of configurations, sorted. */
async function candidates(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (found.length >= mostFiles) return;
      if (entry.isDirectory() && depth < deepest && !left.has(entry.name)) await look(path, depth + 1);
      else if (entry.isFile() && isKnownName(entry.name) && (await isShort(join(folder, path)))) found.push(path);
    }
  };
  await look("", 0);
  return found;
}

async function isShort(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  const size = (await file?.stat())?.size ?? Infinity;
  await file?.close();
  return size <= longestInput;
}
