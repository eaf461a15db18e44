import type { Command } from "../command.ts";
import { type DoctorOptions, readArguments, usage } from "../doctor/arguments.ts";
import { atOnce } from "../doctor/ask.ts";
import { observe, type Observations } from "../doctor/observe.ts";
import { planOf } from "../doctor/plan.ts";
import { redactorOf } from "../doctor/secrets.ts";
import { doctorRules, firstOnly } from "../doctor/rules/index.ts";
import type { DoctorRule } from "../doctor/rules/rule.ts";
import { nameOf } from "../doctor/who.ts";
import type { Finding, Step } from "../finding.ts";

export const doctor: Command = {
  name: "doctor",
  usage,
  rules: doctorRules.map(({ id, name, severity, title, cause, fix }) => ({ id, name, severity, title, cause, fix })),
  patience: (args) => readArguments(args).idle,
  async run(args, { signal, progress }) {
    const options = readArguments(args);
    if (options.dryRun) return { text: dryRun(options) };
    const target = `${options.url.origin}${options.url.pathname}`;
    const { seen, steps } = await observe(options, signal, progress);
    const findings = judge(seen);
    if (!signal.aborted) return { report: { command: "doctor", target, findings, steps } };
    return { report: { command: "doctor", target, findings, steps: [...steps, unfinished], incomplete: "stopped" } };
  },
};

const unfinished: Step = { name: "the rest", outcome: "skipped", detail: "ended before it was tried" };

/** What the rules make of what was seen: the cause first. */
export function judge(seen: Observations): readonly Finding[] {
  const done = new Set<DoctorRule["group"]>();
  // A server may send back what it was given.
  const { text } = redactorOf(seen.options);
  return doctorRules.flatMap((rule): Finding[] => {
    if (done.has(rule.group)) return [];
    const evidence = rule.when(seen);
    if (evidence === undefined) return [];
    if (firstOnly.has(rule.group)) done.add(rule.group);
    const { id, name, severity, title, cause, fix } = rule;
    const who = evidence.who ?? (rule.group === "page" || rule.group === "way" ? undefined : nameOf(seen.who));
    return [
      {
        rule: { id, name, severity, title, cause, fix },
        seen: evidence.seen.map(text),
        fix: evidence.fix ?? [],
        ...(who !== undefined && { who }),
        ...(evidence.severity !== undefined && { severity: evidence.severity }),
      },
    ];
  });
}

/** Everything that would be sent, with the secrets taken out. */
function dryRun(options: DoctorOptions): string {
  const { text } = redactorOf(options);
  const plan = planOf(options).map(({ name, what, request }, index) => {
    const lines = text(request)
      .trimEnd()
      .split("\r\n")
      .map((line) => `    ${line}`);
    return `${index + 1}. ${name}: ${what}\n${lines.join("\n")}\n`;
  });
  const direct = options.direct === undefined ? "" : `The first three also to ${options.direct.host}.\n`;
  const idle = options.idle === 0 ? "" : `Then one more of the third, which is watched for ${options.idle} seconds.\n`;
  return `To ${options.url.host}, each on a connection of its own, at most ${atOnce} at the same time:\n\n${plan.join("\n")}\n${direct}${idle}A request that a limit refuses (429, 503) is sent once more, alone. Nothing else is sent: no message on any socket; pings are answered with pongs.\n`;
}
