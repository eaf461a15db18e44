import { define, type Entry } from "./entry.ts";
import { programOf } from "./formats.ts";
import type { Message } from "./message.ts";
import { nearTexts } from "./nearest-texts.ts";

const maxReported = 300;
const newIssue = "https://github.com/wsorigin/wsorigin/issues/new";

export const unknown: Entry = define({
  id: "WSO300",
  name: "not-known",
  severity: "note",
  title: "This text is not known",
  cause:
    "It is not a line that the known browsers, clients and servers print about a WebSocket, and it holds no close code and no status; or the important line is missing from what was pasted.",
  fix: "Paste the whole line as the console or the log has it, ask the server with the doctor, or report the line.",
  lines: (message) => [
    understood(message),
    ...nearTexts(message).map(({ text, who, name }) => `Near it: "${text}" (${who}; ${name})`),
    "Paste the whole console line, with `WebSocket connection to …` at its beginning.",
    "Or the network tab: filter WS, pick the request, and run: wsorigin explain <status>",
    "Or the close code: wsorigin explain 1006",
    "If the line is about a WebSocket, report it. Secrets are taken out; read it before you send it:",
    `  ${reportOf(message)}`,
  ],
  outside: true,
});

function understood(message: Message): string {
  const { url, plain } = message;
  const program = programOf(message);
  const parts = [
    url === undefined ? "no URL" : `the URL ${url.host}`,
    program === undefined ? "not which program it is from" : `that it is from ${program}`,
    ...numbersIn(plain),
  ];
  return `Understood: ${parts.join(", ")}; no close code and no status is named as one.`;
}

/** Numbers that may be a status or a close code, though no word says so. */
function numbersIn(plain: string): readonly string[] {
  const numbers = [...plain.matchAll(/(?<![\w.:/-])(?:[1-5][0-9]{2}|(?:10|[34][0-9])[0-9]{2})(?![\w.:/-])/g)];
  return [...new Set(numbers.map(([number]) => number))]
    .slice(0, 3)
    .map((number) => `a number ${number} (try: wsorigin explain ${number})`);
}

/** A form that is filled in with what is shown, and nothing else of the line. */
function reportOf({ shown }: Message): string {
  const query = new URLSearchParams({
    title: "explain: a text that is not known",
    body: `The line:\n\n    ${shown.slice(0, maxReported)}\n\nPrinted by (program, version):\n`,
  });
  return `${newIssue}?${query.toString()}`;
}
