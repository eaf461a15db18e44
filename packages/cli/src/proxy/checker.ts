import type { Finding, Report, Rule, Severity, Step } from "../finding.ts";
import { severityOf } from "../finding.ts";
import { commonRules } from "./rules.ts";

/** The kinds of configuration that can be checked. */
export const checkedKinds = ["nginx", "apache", "haproxy", "caddy", "kubernetes", "traefik", "envoy"] as const;

export type CheckedKind = (typeof checkedKinds)[number];

/** A text to check. */
export interface Given {
  /** What the file is called in places. */
  readonly file: string;
  readonly text: string;
  /** The path that sockets are opened at. Where it is not given, what looks like a socket's is checked. */
  readonly path: string | undefined;
  /** Is awaited now and then, and throws to end the check. */
  readonly goOn: () => Promise<void>;
  /** Receives the findings as they are made, so that those made before an end are kept. */
  readonly findings: Finding[];
  readonly steps: Step[];
}

/** Says why something could not be judged: the report is then incomplete. */
export type Verdict = Report["incomplete"];

export type Checker = (given: Given) => Promise<Verdict>;

/** A line of a file, counted from 1, as it is written. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

/** A finding at a line. */
export function found(
  file: string,
  rule: Rule,
  { line, text }: Line,
  fix: readonly string[],
  severity?: Severity,
): Finding {
  const place = { file, line };
  const seen = [withoutSecrets(text.trim())];
  return { rule, seen, fix, place, ...(severity === undefined ? {} : { severity }) };
}

/** What a parser says of a line. */
export function unreadable(file: string, { line, text }: Line, message: string, fix: string): Finding {
  const seen = [withoutSecrets(text.trim()), message.split("\n")[0] ?? ""];
  return { rule: commonRules.unreadable, seen, fix: [fix], place: { file, line } };
}

/** Without the passwords of URLs and of the Authorization header. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/(\w:\/\/)[^\s/@;"']+@/g, "$1***@").replaceAll(/(authorization["']?:?\s+)[^;]+/gi, "$1***");
}

/** A step of a report: one route, by what was found in it. */
export function stepOf(name: string, detail: string, findings: readonly Finding[]): Step {
  const failed = findings.some((each) => severityOf(each) === "failure");
  return { name, outcome: failed ? "failed" : "ok", detail };
}

const inQuestion =
  /(?:^|[/_.-])(?:ws|wss|sockets?|websockets?|cable|live|socket\.io|sockjs|engine\.io|hubs?|signalr|graphql|subscriptions)(?=$|[/_.$)?*([-])/i;

/** Whether sockets are likely to be opened at this path. */
export function looksLikeSocket(path: string): boolean {
  return inQuestion.test(path);
}

/** The header fields that a handshake needs on its way to the backend. */
export function isHandshakeHeader(name: string): boolean {
  return /^(?:upgrade|connection|sec-websocket-(?:key|version|accept|protocol|extensions))$/i.test(name);
}

/** An idle limit of so many seconds or less ends sockets that are only quiet: pings usually come every 25 to 30 seconds, or not at all. */
export const shortestIdle = 60;
