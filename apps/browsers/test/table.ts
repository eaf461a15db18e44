import type { BrowserName } from "../../../packages/client/test/browsers.ts";
import type { Seen } from "./seen.ts";

const lead = `# What browsers do with a handshake

Written by the tests: the three chats of this repository, behind a gate, in real browsers, with hosts by name and TLS. The app is \`https://app.example.test\`; its visitor is logged
in and has three cookies, one for each value of \`SameSite\`, all \`Secure\`. Ports 8443 and 8080 are other servers of other parties; every page below tries to open the app's socket, with a
ticket that the app's own page could use.

What follows from it:

- Every handshake has one Origin, and no page can change it: it is the one thing that tells pages apart. \`SameSite\` does not: a sibling subdomain and another port send \`Strict\` cookies.
- \`Origin: null\` is anybody: whoever frames a page, or writes a \`data:\` URL, can send it. Never list it. An app that sees it from its own pages has a frame with \`sandbox\`, or writes \`ws:\` for a host with HSTS
  (write \`wss:\`, as \`socketUrl\` does on https pages). Firefox sends the subprotocols twice there, which no server may take.
- Chromium sends no \`Sec-Fetch-Site\` on handshakes, so its absence says nothing.
- Page code is told 1006 for every refusal, whatever the server says. A gate with \`refuseWith: "close"\` accepts and closes with a code.
- A blocked socket need not fire \`close\`: listen for \`error\` too, and expect the constructor to throw. \`connect\` does.
`;

/** The documentation's page. */
export function table(
  seen: ReadonlyMap<BrowserName, { readonly version: string; readonly rows: readonly Seen[] }>,
): string {
  const browsers = [...seen].map(([name, { version, rows }]) => ({
    title: `${name[0]?.toUpperCase()}${name.slice(1)} ${version}`,
    rows: new Map(rows.map((row) => [row.context, row])),
  }));
  const names = [...(browsers[0]?.rows.keys() ?? [])];
  const titles = browsers.map(({ title }) => title);

  const cells = (name: string, column: keyof Seen): string[] =>
    browsers.map(({ rows }) => code(rows.get(name)?.[column] ?? "?"));
  const lines = (columns: readonly (keyof Seen)[]): string[] =>
    names.map((name) => row([name, ...columns.flatMap((column) => cells(name, column))]));
  const head = (what: readonly string[]): string[] => {
    const labels = ["the page", ...what.flatMap((label) => titles.map((title) => `${label}, ${title}`))];
    return [row(labels), row(labels.map(() => "---"))];
  };
  return [
    lead,
    "## What the server sees\n",
    ...head(["Origin", "`Sec-Fetch-Site`", "cookies"]),
    ...lines(["origin", "site", "cookies"]),
    "\n## What the gate decides, and what page code is told\n",
    ...head(["decision", "told"]),
    ...lines(["code", "told"]),
    "",
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function code(text: string): string {
  return text === "-" || text === "none" ? text : `\`${text}\``;
}
