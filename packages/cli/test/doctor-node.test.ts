import { expect, test } from "vitest";
import { doctor } from "../src/commands/doctor.ts";
import { type Report, severityOf } from "../src/finding.ts";
import { byHand } from "./node-setups/by-hand.ts";
import { libraries } from "./node-setups/libraries.ts";
import { proxied } from "./node-setups/proxies.ts";
import { page, type Setup } from "./node-setups/setup.ts";
import { viteSetups } from "./node-setups/vite.ts";

const setups: readonly Setup[] = [...byHand, ...libraries, ...proxied, ...viteSetups];

async function diagnose(port: number, { args = [], path = "/ws" }: Setup): Promise<Report> {
  const outcome = await doctor.run([`ws://localhost:${port}${path}`, "--origin", page, ...args], {
    cwd: ".",
    stdin: async () => "",
    progress: () => {},
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("There is no report.");
  return outcome.report;
}

test.concurrent.for(setups)("$name: $found", async (setup) => {
  const report = await diagnose(await setup.start(), setup);
  const found = report.findings.filter((finding) => severityOf(finding) !== "note");
  expect(found.map(({ rule }) => rule.id)).toEqual(setup.found);
});

test("docs/doctor-node.md has the table of set-ups", async () => {
  expect(setups.length).toBeGreaterThanOrEqual(40);
  const rows = setups.map(({ name, found, args = [] }) => {
    const ids = found.map((id) => `[${id}](rules.md#${id.toLowerCase()})`).join(", ");
    const shown = args.join(" ");
    return `| ${name} | ${shown.length > 60 ? `${shown.slice(0, 20)}...` : shown} | ${ids === "" ? "none" : ids} |`;
  });
  const table = [
    "# Servers for Node.js that the doctor is tried on",
    "",
    "Each row is a server that the tests start, right or with one fault, and what the doctor finds there, the cause first. `none`: nothing is found. [doctor.md](doctor.md) has more, behind proxies.",
    "",
    "| server | arguments | found |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("../docs/doctor-node.md");
});
