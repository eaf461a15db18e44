import type { Finding, Report, Step } from "../finding.ts";
import { type CheckedKind, type Checker, found, type Given, type Verdict } from "./checker.ts";
import { Stopped } from "../pace.ts";
import { commonRules } from "./rules.ts";
import { placeholdersIn, templateIn } from "./templates.ts";

/** A checker is loaded only where there is something for it: some bring a parser. */
const checkers: Readonly<Record<Exclude<CheckedKind, "nginx">, () => Promise<Checker>>> = {
  apache: async () => (await import("./apache/check.ts")).checkApache,
  haproxy: async () => (await import("./haproxy/check.ts")).checkHaproxy,
  caddy: async () => (await import("./caddy/check.ts")).checkCaddy,
  kubernetes: async () => (await import("./kubernetes/check.ts")).checkKubernetes,
  traefik: async () => (await import("./traefik/check.ts")).checkTraefik,
  envoy: async () => (await import("./envoy/check.ts")).checkEnvoy,
};

export interface Asked {
  readonly kind: CheckedKind;
  readonly file: string;
  readonly text: string;
  readonly cwd: string;
  readonly path: string | undefined;
  readonly goOn: () => Promise<void>;
}

/** Checks one text of a known kind. Where it was told to end, the report says so and has what was found until then. */
export async function checkText(asked: Asked): Promise<Report> {
  const { kind, file, text, path, goOn } = asked;
  const findings: Finding[] = [];
  const steps: Step[] = [];
  const report = (incomplete: Verdict): Report =>
    bounded({ command: "proxy", target: file, findings, steps, incomplete });
  try {
    await goOn();
    const template = templateIn(text, file, kind);
    if (template !== undefined) {
      const fix = [...template.render, "wsorigin proxy --check <the rendered file>"];
      findings.push(found(file, commonRules.template, { line: template.line, text: template.mark }, fix));
      steps.push({
        name: "template",
        outcome: "skipped",
        detail: `cannot tell: this is a template of ${template.of}; render it first`,
      });
      return report("unread");
    }
    if (kind === "nginx") return bounded(await nginx(asked));
    const check = await checkers[kind]();
    const given: Given = { file, text, path, goOn, findings, steps };
    return report(await check(given));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    steps.push({ name: "stopped", outcome: "skipped", detail: "not everything was checked" });
    return report("stopped");
  }
}

async function nginx({ file, text, cwd, path, goOn }: Asked): Promise<Report> {
  const [{ readNginx }, { checkNginx }] = await Promise.all([import("./nginx/files.ts"), import("./nginx/check.ts")]);
  const configuration = await readNginx({ path: file, text, cwd, goOn });
  const placeholders = placeholdersIn(text);
  if (placeholders.length === 0) return checkNginx(configuration, { target: file, path, goOn });
  const names = placeholders.map((name) => `$${name}`).join(" ");
  const line = text.slice(0, text.search(/\$\{?[A-Z]/)).split("\n").length;
  const place = { line, text: text.split("\n")[line - 1] ?? "" };
  const fix = [`envsubst '${names}' < ${file} > rendered.conf`, "wsorigin proxy --check rendered.conf"];
  const note = found(file, commonRules.template, place, fix);
  // Lines that are made by a placeholder look like a fault of grammar.
  if (configuration.problems.length > 0) {
    const detail = "cannot tell: this is a template of envsubst; render it first";
    const steps: Step[] = [{ name: "template", outcome: "skipped", detail }];
    return { command: "proxy", target: file, findings: [note], steps, incomplete: "unread" };
  }
  const report = await checkNginx(configuration, { target: file, path, goOn });
  return { ...report, findings: [note, ...report.findings] };
}

/** What people, and programs that read a report, can do something with. */
const mostFindings = 1000;

const order = ["failure", "warning", "note"];

/** The report with a bounded number of findings and steps: the worst first, and a step that says how many were left out. */
export function bounded(report: Report): Report {
  const { findings, steps } = report;
  if (findings.length <= mostFindings && steps.length <= mostFindings) return report;
  const rank = ({ rule, severity }: Finding) => order.indexOf(severity ?? rule.severity);
  const worst = findings.length <= mostFindings ? findings : findings.toSorted((one, two) => rank(one) - rank(two));
  const detail = `${findings.length} findings and ${steps.length} steps; ${mostFindings} of each are listed, failures first`;
  return {
    ...report,
    findings: worst.slice(0, mostFindings),
    steps: [...steps.slice(0, mostFindings), { name: "shortened", outcome: "skipped", detail }],
  };
}
