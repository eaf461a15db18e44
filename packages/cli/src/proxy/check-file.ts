import { CannotRun, type Surroundings } from "../command.ts";
import type { Report, Step } from "../finding.ts";
import { bounded, checkText } from "./check.ts";
import type { CheckedKind } from "./checker.ts";
import { type Input, inputsOf } from "./inputs.ts";
import { kindOf } from "./kinds.ts";
import { pacing, Stopped } from "../pace.ts";

interface Options {
  readonly path: string | undefined;
  /** What the file is said to be. */
  readonly kind: CheckedKind | undefined;
}

/**
 * Checks a file, or the configurations that a folder has.
 *
 * @throws {CannotRun} where it is nothing that can be checked: the message names what it is, and what to do instead
 */
export async function checkFile(name: string, options: Options, surroundings: Surroundings): Promise<Report> {
  try {
    return await checkInputs(name, options, surroundings);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const steps: Step[] = [{ name: "stopped", outcome: "skipped", detail: "not everything was read" }];
    return { command: "proxy", target: name, findings: [], steps, incomplete: "stopped" };
  }
}

async function checkInputs(name: string, options: Options, surroundings: Surroundings): Promise<Report> {
  const { cwd, signal, progress } = surroundings;
  const { files, folder } = await inputsOf(name, surroundings);
  const goOn = pacing(signal);
  const asked = (input: Input, kind: CheckedKind) => ({ ...input, kind, cwd, goOn, path: options.path });
  if (!folder) {
    const [input] = files;
    if (input === undefined) throw new CannotRun("Stopped before anything was read.");
    return checkText(asked(input, options.kind ?? checkedKindOf(input)));
  }
  const reports: Report[] = [];
  for (const input of files) {
    const kind = options.kind ?? kindIn(input);
    if (kind === undefined) continue;
    progress(`Checking ${input.file}`);
    reports.push(await checkText(asked(input, kind)));
  }
  if (reports.length === 0)
    throw new CannotRun(
      `There is no configuration of a proxy in the folder ${JSON.stringify(name)}. Name the file, or the folder that holds nginx.conf, Caddyfile, haproxy.cfg or manifests.`,
    );
  return merged(name, reports);
}

function kindIn({ text, file }: Input): CheckedKind | undefined {
  const kind = kindOf(text, file);
  return "checked" in kind ? kind.checked : undefined;
}

function checkedKindOf({ text, file }: Input): CheckedKind {
  const kind = kindOf(text, file);
  if ("checked" in kind) return kind.checked;
  throw new CannotRun(`${file} ${kind.other}. ${kind.instead}`);
}

function merged(target: string, reports: readonly Report[]): Report {
  const seen = new Set<string>();
  const findings = reports
    .flatMap((report) => report.findings)
    // A file that another one includes was read with it.
    .filter(({ rule, place }) => {
      const key = `${rule.id} ${place?.file ?? ""} ${place?.line ?? ""} ${place?.column ?? ""}`;
      if (place !== undefined && seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  const steps = reports.flatMap((report) =>
    report.steps.map((step) => ({ ...step, name: `${report.target}: ${step.name}` })),
  );
  const incomplete = reports.map((report) => report.incomplete);
  const worst = incomplete.includes("stopped") ? "stopped" : incomplete.find((each) => each !== undefined);
  return bounded({ command: "proxy", target, findings, steps, incomplete: worst });
}
