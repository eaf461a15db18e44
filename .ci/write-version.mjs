// Writes the version that changesets has chosen into the source that names it in messages. Run through `pnpm run version`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const core = join(import.meta.dirname, "../packages/core");
const { version } = JSON.parse(readFileSync(join(core, "package.json"), "utf8"));
const file = join(core, "src/version.ts");
writeFileSync(file, readFileSync(file, "utf8").replace(/(?<=version = )"[^"]*"/, JSON.stringify(version)));
