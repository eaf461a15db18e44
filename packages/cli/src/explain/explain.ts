import { type Finding, type Report, severityOf } from "../finding.ts";
import { candidatesIn } from "./candidates.ts";
import { closeCodeIn, closeEntries, entryOfClose, linesOfClose } from "./close-code.ts";
import type { Entry } from "./entry.ts";
import { loggedIn } from "./log-line.ts";
import { match, type Matched } from "./match.ts";
import { meanings } from "./meanings/index.ts";
import { type Message, readMessage } from "./message.ts";
import { isOwn, ownCodes } from "./own-codes.ts";
import { isOwnProblem, ownLog, ownProblems } from "./own-problems.ts";
import { entryOfStatus, statusEntries, statusIn } from "./status.ts";
import { linesOf } from "./text.ts";
import { unknown } from "./unknown.ts";

/** How many lines of one kind are shown. */
const maxSeen = 5;

/** All that is known, by id. */
export const entries: readonly Entry[] = [
  unknown,
  ...meanings,
  ...statusEntries,
  ...closeEntries,
  ownCodes,
  ownProblems,
  ownLog,
].toSorted((a, b) => (a.rule.id < b.rule.id ? -1 : 1));

const byName: ReadonlyMap<string, Entry> = new Map(entries.map((entry) => [entry.rule.name, entry]));

/**
 * Says what each known line of a text means. Never throws, whatever the text; takes time in proportion to its length, and of more than 64 KiB or
 * 500 lines reads the beginning only. What it shows of the text has secrets taken out and cannot move a cursor.
 */
export function explainText(text: string): Report {
  const messages = linesOf(text).map(readMessage);
  const known = messages.flatMap((message) => accountOf(message) ?? []);
  const [first = unknownAccount(messages)] = known;
  return {
    command: "explain",
    target: first.message.shown,
    findings: findingsOf(known.length > 0 ? known : [first]),
    steps: [{ name: "read", outcome: "ok", detail: `${counted(messages.length, "line")}, ${known.length} known` }],
  };
}

/** Of lines that are all unknown, the one with a URL tells most. */
function unknownAccount(lines: readonly Message[]): Account {
  const message = lines.find(({ url }) => url !== undefined) ?? lines[0] ?? readMessage("");
  return { entry: unknown, message, who: "", lines: unknown.lines(message) };
}

interface Account {
  readonly entry: Entry;
  readonly message: Message;
  readonly who: string;
  readonly lines: readonly string[];
}

/** Of the texts in a line the first that is known for sure, else the first that is known at all; shown is always the whole line. */
function accountOf(message: Message): Account | undefined {
  let vague: Account | undefined;
  for (const text of candidatesIn(message.raw)) {
    const known = knownIn(text === message.raw ? message : { ...readMessage(text), shown: message.shown });
    if (known?.entry.strength === "exact") return known;
    if (vague === undefined || vague.entry.strength === "fallback") vague = known ?? vague;
  }
  return vague;
}

/** A text that says one thing goes before a number, since numbers stand in many texts; a status before a text that fits many causes. */
function knownIn(message: Message): Account | undefined {
  if (isOwn(message)) return accountFor(message, { entry: ownCodes, who: "wsorigin's log" });
  if (isOwnProblem(message)) return accountFor(message, { entry: ownProblems, who: "wsorigin" });
  const logged = loggedIn(message);
  const entry =
    logged === undefined ? undefined : "name" in logged ? byName.get(logged.name) : entryOfStatus(logged.status);
  if (logged !== undefined && entry !== undefined) return accountFor(message, { entry, who: logged.who });
  const found = match(byName, message);
  const answer = statusIn(message);
  if (
    found !== undefined &&
    (answer === undefined ? found.entry.strength !== "fallback" : found.entry.strength === "exact")
  )
    return accountFor(message, found);
  if (answer !== undefined) return accountFor(message, { entry: entryOfStatus(answer.status), who: answer.who });
  const code = closeCodeIn(message);
  if (code !== undefined) {
    const closed = entryOfClose(code);
    return { entry: closed, message, who: "", lines: linesOfClose(code, closed, message) };
  }
  return found === undefined ? undefined : accountFor(message, found);
}

function accountFor(message: Message, { entry, who }: Matched): Account {
  return { entry, message, who, lines: entry.lines(message) };
}

/** One finding for what has the same cause and the same fix; failures first, and before those that fit any cause. */
function findingsOf(accounts: readonly Account[]): readonly Finding[] {
  const groups = new Map<string, Account[]>();
  for (const account of accounts) {
    const key = JSON.stringify([account.entry.rule.id, account.lines]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [account]);
    else group.push(account);
  }
  return [...groups.values()]
    .map((group) => ({ finding: findingOf(group), vague: group.some(({ entry }) => entry.strength !== "exact") }))
    .toSorted((a, b) => weight(a.finding, a.vague) - weight(b.finding, b.vague))
    .map(({ finding }) => finding);
}

function findingOf(group: readonly Account[]): Finding {
  const [first] = group;
  const seen = [...new Set(group.map(({ message }) => message.shown))];
  const who = [...new Set(group.map((account) => account.who))].filter((name) => name !== "").join("; ");
  const more = seen.length - maxSeen;
  return {
    rule: first?.entry.rule ?? unknown.rule,
    // Not `who`: that is who answered, and this who tells of it.
    seen: [
      ...seen.slice(0, maxSeen),
      ...(more > 0 ? [`and ${counted(more, "line")} more like these`] : []),
      ...(who === "" ? [] : [`(a text of ${who})`]),
    ],
    fix: first?.lines ?? [],
  };
}

function weight(finding: Finding, vague: boolean): number {
  return { failure: 0, warning: 2, note: 4 }[severityOf(finding)] + (vague ? 1 : 0);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
