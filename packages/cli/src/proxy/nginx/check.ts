import type { Finding, Report, Step } from "../../finding.ts";
import { Stopped } from "../../pace.ts";
import { checkLog } from "./access-log.ts";
import { Context } from "./context.ts";
import type { Configuration } from "./files.ts";
import { type Model, modelOf, named, type Server } from "./model.ts";
import { gapAround, lineOf } from "./settings.ts";
import type { Directive } from "./parse.ts";
import {
  checkAuthentication,
  checkCache,
  checkCors,
  checkHost,
  checkLimits,
  checkOrigin,
  checkReadTimeout,
  checkRedirects,
  checkUpstream,
  checkVersion,
} from "./passing.ts";
import { nginxRules } from "./rules.ts";
import { at, inPlaceOf, plural, shown, titleOf, withoutPassword } from "./show.ts";
import { chosenBy, type Subject, subjectsOf } from "./subjects.ts";
import { checkCancelled, checkInnerBlocks, checkUpgrade } from "./upgrade.ts";

export interface CheckOptions {
  /** What the report calls the file. */
  readonly target: string;
  /** The path that sockets are opened at. Where it is not given the locations that look like a socket's are checked. */
  readonly path?: string | undefined;
  /** Is awaited now and then, and throws to end the check: what was found until then is kept. */
  readonly goOn?: () => Promise<void>;
}

/** Checks a configuration of nginx: what a WebSocket handshake would meet on its way through it. */
export async function checkNginx(
  configuration: Configuration,
  { target, path, goOn = async () => {} }: CheckOptions,
): Promise<Report> {
  const findings: Finding[] = problemsOf(configuration);
  const steps: Step[] = [];
  try {
    await goOn();
    const model = modelOf(configuration.directives, configuration.missing.length === 0);
    steps.push({
      name: "read",
      outcome: configuration.problems.length === 0 ? "ok" : "failed",
      detail: `${plural(configuration.files, "file")}, ${plural(model.servers.length, "server")}`,
    });
    const unclear = await checkLocations(model, path, { findings, steps, goOn });
    const incomplete = unclear ? "unread" : undefined;
    return { command: "proxy", target, findings: unique(findings), steps, incomplete };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    steps.push({ name: "stopped", outcome: "skipped", detail: "not all locations were checked" });
    return { command: "proxy", target, findings: unique(findings), steps, incomplete: "stopped" };
  }
}

interface Results {
  readonly findings: Finding[];
  readonly steps: Step[];
  readonly goOn: () => Promise<void>;
}

/** Adds what was found, and says whether something cannot be told because a file was not read. */
async function checkLocations(model: Model, path: string | undefined, { findings, steps, goOn }: Results) {
  const chosen = path === undefined ? { subjects: subjectsOf(model), findings: [] } : chosenBy(model, path);
  findings.push(...chosen.findings);
  const servers = new Set<Server>();
  let unclear = false;
  for (const subject of new Map(chosen.subjects.map((each) => [each.location, each])).values()) {
    await goOn();
    const { found, step, gap } = checkLocation(model, subject);
    findings.push(...found);
    steps.push(step);
    servers.add(subject.location.server);
    unclear ||= gap !== undefined;
  }
  for (const server of servers) findings.push(...listensOf(server));
  if (servers.size > 0) return unclear;
  const gap = "gap" in chosen ? chosen.gap : (gapAround(model.http) ?? anyGap(model));
  const detail =
    gap === undefined ? "no location that passes sockets on was found" : cannotTell(gap, "whether there is a location");
  steps.push({ name: path ?? "locations", outcome: "skipped", detail });
  return gap !== undefined;
}

function anyGap({ servers }: Model): Directive | undefined {
  return servers.map(({ scope }) => gapAround(scope)).find((each) => each !== undefined);
}

function cannotTell({ args, file, line }: Directive, what: string): string {
  return `cannot tell ${what}: ${args[0] ?? ""} (${file}:${line}) was not read`;
}

function checkLocation(model: Model, subject: Subject) {
  const { location } = subject;
  const context = new Context(model, subject);
  const passes = location.proxyPass !== undefined || !context.unclear("proxy_pass");
  if (passes) runChecks(context);
  const { findings, gap } = context;
  const place = location.scope.owner;
  const failed = findings.some(({ rule, severity }) => (severity ?? rule.severity) === "failure");
  const step: Step = {
    name: titleOf(location),
    outcome: failed ? "failed" : gap === undefined ? "ok" : "skipped",
    detail:
      gap !== undefined && !failed
        ? `${place?.file ?? gap.file}:${place?.line ?? 1}, ${cannotTell(gap, "everything")}`
        : `${location.proxyPass?.file ?? ""}:${place?.line ?? 1}, to ${withoutPassword(location.proxyPass?.args[0] ?? "")}`,
  };
  return { found: findings, step, gap };
}

function runChecks(context: Context): void {
  checkInnerBlocks(context);
  const cancelled = checkCancelled(context);
  if (!cancelled) checkUpgrade(context);
  // Of a location that may never see a socket nothing more is said.
  if (!context.subject.sure) return;
  if (!cancelled) checkHost(context);
  checkOrigin(context);
  checkVersion(context);
  checkReadTimeout(context);
  checkRedirects(context);
  checkLimits(context);
  checkLog(context);
  checkCors(context);
  checkAuthentication(context);
  checkCache(context);
  checkUpstream(context);
}

function problemsOf({ problems, missing }: Configuration): Finding[] {
  const syntax = problems.map(({ file, line, column, text, message }) => {
    const place = { file, line, column };
    return { rule: nginxRules.syntax, seen: [shown(text), message], fix: ["nginx -t"], place };
  });
  const fix = ["nginx -T > nginx-all.conf", "wsorigin proxy --check nginx-all.conf"];
  return [...syntax, ...missing.map((directive) => at(nginxRules.includeMissing, directive, fix))];
}

/** Two locations may share a line of their server: what is wrong with it is told once. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ rule, place, fix }) => {
    const key = [rule.id, place?.file, place?.line, place?.column, ...fix].join("\n");
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function listensOf({ scope }: Server): readonly Finding[] {
  const lines = named(scope.directives, "listen");
  const only = (line: Directive) => line.args.includes("http2") && !line.args.includes("ssl");
  if (lines.length === 0 || !lines.every(only) || lineOf(scope, "ssl")?.args[0] === "on") return [];
  return lines.map((line) => {
    const args = line.args.filter((argument) => argument !== "http2").join(" ");
    return at(nginxRules.http2Only, line, inPlaceOf(line, `listen ${args};`));
  });
}
