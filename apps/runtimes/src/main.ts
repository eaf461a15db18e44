import { parseArgs } from "node:util";
import { runOnNodes } from "./nodes.ts";
import { runSmoke } from "./smoke.ts";
import { runLowest, runWith } from "./versions.ts";

const usage = `pnpm test:runtimes <command>
  nodes [names]                      every test that opens a socket, on each supported version of Node.js, or on those named: node-24
  smoke                              the adapters' suites on Bun and Deno
  lowest                             the adapters and the tickets with the lowest supported versions of libraries
  with name=version ... [files]      the same with other versions: with koa=3.0.1 express4=npm:express@4.22.1 adapter.test`;

const { positionals } = parseArgs({ allowPositionals: true });
const [command, ...rest] = positionals;
process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  if (command === "nodes") return runOnNodes(rest);
  if (command === "smoke") return runSmoke();
  if (command === "lowest") return runLowest();
  if (command !== "with") {
    console.error(usage);
    return false;
  }
  const isVersion = (word: string): boolean => word.includes("=");
  const versions = rest.filter(isVersion).map((word) => word.split("=", 2));
  return runWith(
    Object.fromEntries(versions),
    rest.filter((word) => !isVersion(word)),
  );
}
