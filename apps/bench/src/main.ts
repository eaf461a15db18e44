import { parseArgs } from "node:util";
import { allocationOf, profileOf } from "./allocated.ts";
import { measureAllocation, profileAllocation } from "./allocation.ts";
import { heapOf, measureCheck } from "./check.ts";
import { serve } from "./child.ts";
import { measureFrameworks, measureHandshake } from "./handshake.ts";
import { serverNames } from "./servers.ts";
import { measureStorm, stormOf } from "./storm.ts";
import { problemsOf } from "./problems.ts";
import { allocationTables, checkTables, frameworkTable, handshakeTables, machine, stormTable } from "./report.ts";

const usage = `Usage: bench <all | check | bytes | where | handshake | frameworks | storm> [--quick] [--json | --markdown]

  check       nanoseconds of policy.check, for lists of 10 to 1,000,000 origins
  bytes       bytes that a handshake allocates, and what it creates; the same in every run
  where       which functions allocate them: bench where [server] [accepted | refused], by default guard accepted
  handshake   the server's processor time for a handshake and for a message
  frameworks  the same for a handshake that each framework's adapter accepts, and its usual peer
  storm       500 revocations over 4,000 open sockets; bench storm counts times nothing
  all         all of them, but for where; ends with 1 if a figure is of another order than it should be

  --quick     at most 20 seconds, for a first look: too few rounds to rely on
  --json      the figures as JSON
  --markdown  the tables alone, as the README has them
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});

const [command, ...rest] = positionals;
const started = performance.now();
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s: ${text}\n`);
};
const options = { quick: values.quick, progress };

if (command === "check") await print(await measureCheck(options), checkTables);
else if (command === "bytes") {
  const servers = serverNames.filter((name) => rest.length === 0 || rest.includes(name));
  await print(await measureAllocation(servers, progress), allocationTables);
} else if (command === "where") process.stdout.write(await profileAllocation(rest[0], rest[1]));
else if (command === "handshake") await print(await measureHandshake(options), handshakeTables);
else if (command === "frameworks") await print(await measureFrameworks(options), frameworkTable);
else if (command === "storm") await print(await measureStorm(rest[0] === "counts" ? 0 : 5, progress), stormTable);
else if (command === "all") await all();
// What those above start.
else if (command === "serve") await serve(rest[0]);
else if (command === "revoke") await end(JSON.stringify(await stormOf(Number(rest[0]), rest[1] === "count")));
else if (command === "heap") process.stdout.write(`${heapOf(rest[0], rest[1])}\n`);
else if (command === "profile") await end(await profileOf(rest[0], rest[1]));
else if (command === "allocate") await end(JSON.stringify(await allocationOf(rest[0], rest[1])));
else {
  process.stderr.write(usage);
  process.exitCode = 2;
}

/** Everything; ends with 1 where a figure is missing, or of another order than it should be. */
async function all(): Promise<void> {
  const report = {
    ...(await measureAllocation(serverNames, progress)),
    ...(await measureStorm(5, progress)),
    ...(await measureCheck(options)),
    ...(await measureHandshake(options)),
    ...(await measureFrameworks(options)),
  };
  await print(report, (all) =>
    [allocationTables(all), stormTable(all), checkTables(all), handshakeTables(all), frameworkTable(all)].join("\n\n"),
  );
  const problems = problemsOf(report);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

async function print<Report>(report: Report, tables: (report: Report) => string): Promise<void> {
  const about = { ...machine(), quick: values.quick, seconds: Math.round((performance.now() - started) / 1000) };
  if (values.json) process.stdout.write(`${JSON.stringify({ ...about, ...report }, null, 2)}\n`);
  else if (values.markdown) process.stdout.write(`${tables(report)}\n`);
  else process.stdout.write(`${JSON.stringify(about)}\n\n${tables(report)}\n`);
}

/** Ends a process that a guarded server would keep alive. */
function end(text: string): Promise<never> {
  return new Promise(() => process.stdout.write(text, () => process.exit()));
}
