import type { Mistake } from "./mistake.ts";
import type { Seen } from "./play.ts";

/** A row of the table as a part of the page: the program, what it says, and the program without the mistake. */
export function renderMistake({ title, why, wrong, right, note }: Mistake, { status, message }: Seen): string {
  const parts = [
    `### ${title}`,
    ...(why === undefined ? [] : [why]),
    code("js", wrong),
    `${whatHappens(status)}:`,
    code("text", message),
    ...(right === wrong ? [] : ["Right:", code("js", right)]),
    ...(note === undefined ? [] : [right === wrong ? `Right: ${note}` : note]),
  ];
  return parts.join("\n\n");
}

function whatHappens(status: number | undefined): string {
  if (status === undefined) return "It does not start";
  return status === 101 ? "The socket opens, and the log says" : `The client gets ${status}, and the log says`;
}

const code = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

const introduction = `# Common mistakes

Mistakes of the first hour, with the message that each of them produces and the program without it. Search this page for your message. A test runs
every program: the first one must produce the message, and the second one must open a socket.

If you have no message, ask the server itself: \`npx wsorigin doctor wss://api.example.com/chat --page https://app.example.com\`.`;

/** The whole page. */
export function renderPage(groups: readonly (readonly [heading: string, parts: readonly string[]])[]): string {
  const sections = groups.map(([heading, parts]) => [`## ${heading}`, ...parts].join("\n\n"));
  return `${[introduction, ...sections].join("\n\n")}\n`;
}
