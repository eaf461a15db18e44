// Builds what Jest and older tools get from `require`: dist/cjs, beside the ES modules in dist. Run it in a package's folder, after `tsc`: `pnpm build:cjs`.
// `pnpm typecheck` has checked the types; here the sources are only translated.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const compiler = join(import.meta.dirname, "../node_modules/typescript/bin/tsc");
const out = join("dist", "cjs");
const options = {
  module: "commonjs",
  moduleResolution: "bundler",
  esModuleInterop: true,
  verbatimModuleSyntax: false,
  isolatedDeclarations: false,
  declaration: false,
  declarationMap: false,
  sourceMap: false,
  removeComments: true,
  noCheck: true,
  outDir: out,
};
const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

rmSync(out, { recursive: true, force: true });
// The declarations are the same, but what they declare is a CommonJS module there.
const declarations = filesIn("dist").filter((file) => file.endsWith(".d.ts"));
for (const file of declarations) cpSync(file, join(out, relative("dist", file)));
execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", ...flags], { stdio: "inherit" });

for (const file of filesIn(out)) {
  const text = readFileSync(file, "utf8");
  // A module's own address is that of the ES module: programs that it starts and files that it reads are beside that one.
  const twin = relative(dirname(file), join("dist", relative(out, file))).replaceAll("\\", "/");
  const address = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${JSON.stringify(twin)})).href`;
  writeFileSync(file, text.replaceAll("import.meta.url", address).replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
}
writeFileSync(join(out, "package.json"), `${JSON.stringify({ type: "commonjs", sideEffects: false })}\n`);
