import { execFileSync } from "node:child_process";
import { runtimes } from "./install.ts";
import { projects, runSuite } from "./suite.ts";

/** Every test that opens a socket, on each version of Node.js; on those with these names, if there are any. Returns whether all passed. */
export async function runOnNodes(names: readonly string[]): Promise<boolean> {
  const all = await runtimes(["node"]);
  const unknown = names.find((name) => all.every((each) => each.name !== name));
  if (unknown !== undefined)
    throw new Error(`Unknown version ${JSON.stringify(unknown)}. Valid: ${all.map(({ name }) => name).join(", ")}.`);
  const chosen = all.filter((each) => names.length === 0 || names.includes(each.name));
  let passed = true;
  for (const { name, version, program } of chosen) {
    const actual = execFileSync(program, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
    if (actual !== version) throw new Error(`${program} is Node.js ${actual}, and should be ${version}.`);
    console.log(`Node.js ${version} (${name})`);
    // What differs between versions of Node.js shows in the oldest or in the newest.
    const long = name === chosen.at(0)?.name || name === chosen.at(-1)?.name;
    passed = (await runSuite(`Node.js ${version}`, { node: program, projects, long })) && passed;
  }
  return passed;
}
