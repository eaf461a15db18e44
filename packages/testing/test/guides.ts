import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Frames, handshake, type HandshakeRequest, type Target } from "../src/index.ts";
import { type Program, run, type Running } from "./program.ts";

export const page = "https://app.example.com";
export const evil = "https://evil.test";

/** A guide for replacing something: a page, and the two programs that it shows. */
export interface Guide {
  /** Where it is: `docs/<name>.md`, with `docs/<name>/before.ts` and `after.ts`. */
  readonly file: URL;
  readonly before: Program;
  readonly after: Program;
  /** The handshake, but for its Origin; or what makes it for a program that runs, such as a login. */
  readonly request: HandshakeRequest | ((target: Target) => HandshakeRequest | Promise<HandshakeRequest>);
  /** What a page does with its open socket. */
  readonly use: (frames: Frames) => Promise<void>;
  /** A page whose visitors must be safe from it. */
  readonly stranger?: string;
  /** How the program after refuses a handshake without an Origin; as it refuses the stranger by default. */
  readonly refusesMissing?: string;
}

/**
 * Tests what a guide shows: its code is the programs' code, the one lets a stranger in, the other refuses it and does the rest the same.
 *
 * @param more tests of what else the guide says, with where the two programs run
 */
export function describeGuide(
  name: string,
  guide: Guide,
  more?: (before: () => Target, after: () => Target) => void,
): void {
  const { file, request, use, stranger = evil, refusesMissing = "403 Forbidden" } = guide;
  const requestTo = async (target: Target): Promise<HandshakeRequest> =>
    typeof request === "function" ? request(target) : request;
  describe(`replacing ${name}`, () => {
    const before = runs(guide.before);
    const after = runs(guide.after);

    test("the code of the guide is the programs'", async () => {
      expect(await blocksOf(file)).toEqual(await regionsOf(file));
    });

    test.each([page, stranger])("before: a page of %s gets in", async (origin) => {
      await expect(use(await openAs(origin, before(), await requestTo(before())))).resolves.toBeUndefined();
    });

    test("after: its page gets in", async () => {
      await expect(use(await openAs(page, after(), await requestTo(after())))).resolves.toBeUndefined();
    });

    test.each([stranger, "null", null])("after: the Origin %s is refused before the 101", async (origin) => {
      const answer = await handshake(after(), { ...(await requestTo(after())), origin });
      expect(answer.statusLine).toBe(`HTTP/1.1 ${origin === null ? refusesMissing : "403 Forbidden"}`);
      expect(answer.closed).toBe("fin");
    });

    more?.(before, after);
  });
}

/** The programs that a guide shows. */
export async function blocksOf(file: URL): Promise<readonly string[]> {
  const markdown = await readFile(file, "utf8");
  return [...markdown.matchAll(/^```\w*\r?\n(.*?)^```$/gms)].map(([, code = ""]) => normal(code));
}

/** The parts of the two programs of a guide that it has to show. */
export async function regionsOf(file: URL): Promise<readonly string[]> {
  const programs = await Promise.all(["before", "after"].map((name) => readFile(programOf(file, name), "utf8")));
  return programs.map(regionOf);
}

/** Opens a socket as a page of this origin does. It is destroyed after the test. */
export async function openAs(origin: string, target: Target, request: HandshakeRequest): Promise<Frames> {
  const { statusLine, frames } = await handshake(target, { ...request, origin });
  expect(statusLine).toBe("HTTP/1.1 101 Switching Protocols");
  if (frames === undefined) throw new Error("There are no frames.");
  onTestFinished(() => frames.destroy());
  return frames;
}

/** Waits for a program of a test's own, which ends with the test. */
export async function started(program: Promise<Running>): Promise<Target> {
  const running = await program;
  onTestFinished(() => running.close());
  return running;
}

/** A program that runs for all tests of a group, and says nothing. */
function runs(program: Program): () => Target {
  let running: Running | undefined;
  beforeAll(async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    running = await run(program);
  });
  afterAll(async () => {
    await running?.close();
    vi.restoreAllMocks();
  });
  return () => {
    if (running === undefined) throw new Error("The program does not run.");
    return { port: running.port };
  };
}

function programOf(file: URL, name: string): URL {
  return new URL(file.href.replace(/\.md$/, `/${name}.ts`));
}

function regionOf(program: string): string {
  const [, code] = /^\/\/ #region guide\r?\n(.*?)^\/\/ #endregion$/ms.exec(program) ?? [];
  if (code === undefined) throw new Error("The program has no region.");
  return normal(code);
}

function normal(code: string): string {
  return code.replaceAll("\r\n", "\n").trim();
}
