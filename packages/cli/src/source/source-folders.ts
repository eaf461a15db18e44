import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Folders called `node_modules` that hold a project's own sources, as `packages/node_modules` in some repositories: tracked by git, and not beside a
 * `package.json`, whose dependencies they would be.
 */
export class SourceFolders {
  readonly #folder: string;
  #tracked: Promise<ReadonlySet<string>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param relative a folder, relative to the one that is read */
  async has(relative: string): Promise<boolean> {
    if (posix.basename(relative) !== "node_modules") return false;
    const manifest = join(this.#folder, posix.dirname(relative), "package.json");
    if (
      await stat(manifest).then(
        () => true,
        () => false,
      )
    )
      return false;
    this.#tracked ??= this.#ask();
    return (await this.#tracked).has(relative);
  }

  async #ask(): Promise<ReadonlySet<string>> {
    const args = ["-C", this.#folder, "ls-files", "-z", "--", ":(glob)**/node_modules/**"];
    try {
      const { stdout } = await run("git", args, { maxBuffer: 100_000_000 });
      const found = new Set<string>();
      for (const file of stdout.split("\0"))
        for (const { index } of file.matchAll(/(?:^|\/)node_modules\//g))
          found.add(`${file.slice(0, index)}${index === 0 ? "" : "/"}node_modules`);
      return found;
    } catch {
      return new Set(); // Not a repository, or no git.
    }
  }
}
