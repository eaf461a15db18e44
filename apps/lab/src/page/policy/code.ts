import { optionsOf } from "../../shared/compile.ts";
import type { Draft } from "../../shared/draft.ts";

/** The program that does what the draft says. */
export function asCode(draft: Draft): string {
  const { origins, hosts, ...others } = optionsOf(draft);
  const lines = [
    `  origins: ${list(origins ?? [])},`,
    ...(hosts === undefined ? [] : [`  hosts: ${list(hosts)},`]),
    ...Object.entries(others).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`),
    ...(draft.ticket ? ['  token: { from: [queryParam("ticket")], verify: tickets.verify },'] : []),
  ];
  const limit = draft.failures > 0 ? `, maxFailures: { count: ${draft.failures}, seconds: 60 }` : "";
  return `const policy = createPolicy({\n${lines.join("\n")}\n});\nconst gate = guard(server, { app, policy${limit} });`;
}

function list(entries: readonly string[]): string {
  const items = entries.map((entry) => JSON.stringify(entry));
  const line = `[${items.join(", ")}]`;
  return line.length <= 60 ? line : `[\n${items.map((item) => `    ${item},`).join("\n")}\n  ]`;
}
