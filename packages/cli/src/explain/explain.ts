import { type Finding, type Report, severityOf } from "../finding.ts";
import { closeCodeIn, closeEntries, entryOfClose, linesOfClose } from "./closes.ts";
import { define, type Entry } from "./entry.ts";
import { libraries } from "./libraries.ts";
import { match } from "./match.ts";
import { type Message, readMessage } from "./message.ts";
import { network } from "./network.ts";
import { isOwn, ownCodes } from "./own-codes.ts";
import { page } from "./page.ts";
import { frames, handshake } from "./socket.ts";
import { entryOfStatus, statusEntries, statusIn } from "./statuses.ts";
import { linesOf } from "./text.ts";

/** How many lines of one kind are shown. */
const maxSeen = 5;

const unknown = define({
  id: "WSO300",
  name: "not-known",
  severity: "note",
  title: "This text is not known",
  cause:
    "It is no line that the known browsers and clients print about a WebSocket, no close code and no status; or the important line is missing from what was pasted.",
  fix: "Paste the whole line as the console prints it, or ask the server itself.",
  lines: ({ url }) => [
    url === undefined
      ? "Understood: no URL, no close code, no status in it."
      : `Understood: the URL ${url.host}, but no close code and no status.`,
    "Paste the whole console line, with `WebSocket connection to …` at its beginning.",
    "Or the network tab: filter WS, pick the request, and run: wsorigin explain <status>",
    "Or the close code: wsorigin explain 1006",
  ],
  outside: true,
});

const texts: readonly Entry[] = [...handshake, ...frames, ...network, ...page, ...libraries, ownCodes];

/** All that is known, by id. */
export const entries: readonly Entry[] = [unknown, ...texts, ...statusEntries, ...closeEntries].toSorted((a, b) =>
  a.rule.id < b.rule.id ? -1 : 1,
);

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

/** A text that is known goes before a number, since numbers stand in many texts; what is only half known comes last. */
function accountOf(message: Message): Account | undefined {
  if (isOwn(message)) return { entry: ownCodes, message, who: "wsorigin's log", lines: ownCodes.lines(message) };
  const found = match(texts, message);
  if (found !== undefined && found.entry.strength !== "fallback")
    return { ...found, message, lines: found.entry.lines(message) };
  const answer = statusIn(message);
  if (answer !== undefined) {
    const entry = entryOfStatus(answer.status);
    return { entry, message, who: answer.who, lines: entry.lines(message) };
  }
  const code = closeCodeIn(message);
  if (code !== undefined) {
    const entry = entryOfClose(code);
    return { entry, message, who: "", lines: linesOfClose(code, entry, message) };
  }
  return found === undefined ? undefined : { ...found, message, lines: found.entry.lines(message) };
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
