// Consumers that are compiled by TypeScript, of each major and the oldest that is supported.
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, runApps, sources } from "./tools.mjs";

export const compilers = { "5.0": "typescript5.0", 5.4: "typescript5.4", 6: "typescript", 7: "typescript7" };

/** Each compiler with each way to resolve modules that it has. `node` was deprecated by 6 and removed from 7. */
export const resolutions = {
  cjs: { node: "commonjs", node16: "node16", nodenext: "nodenext" },
  esm: { node16: "node16", nodenext: "nodenext", bundler: "es2022" },
};

export async function checkCompilers(project) {
  for (const [format, ways] of Object.entries(resolutions)) {
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022"],
      strict: true,
      esModuleInterop: true,
      skipLibCheck: true,
      types: ["node"],
      rootDir: "src",
    };
    const config = { compilerOptions, include: ["src"], exclude: ["src/*.test.ts"] };
    await writeFile(join(project, format, "tsconfig.json"), JSON.stringify(config));
    const jobs = Object.entries(ways).flatMap(([resolution, module]) =>
      Object.entries(compilers)
        .filter(([version]) => version !== "7" || resolution !== "node")
        .map(([version, name]) => ({ format, resolution, module, version, name })),
    );
    // As many at a time as two processors bear.
    const worker = async () => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await compileAndRun(project, job);
    };
    // Both end before the first failure is told: the folder is removed then.
    const ends = await Promise.allSettled([worker(), worker()]);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }
  await checkMixed(project, join(project, "esm"));
}

async function compileAndRun(project, { format, resolution, module, version, name }) {
  const out = join(project, format, `out-${version}-${resolution}`);
  const args = ["-p", format, "--module", module, "--moduleResolution", resolution, "--outDir", out];
  if (version === "6" && resolution === "node") args.push("--ignoreDeprecations", "6.0");
  await run(process.execPath, [compilerOf(project, name), ...args], project);
  await runApps(join(out, "main.js"), `TypeScript ${version}, moduleResolution ${resolution}, ${format}`);
}

/** A CommonJS file that imports an ES module: the two sets of declarations meet, and what the one declares fits the other. */
async function checkMixed(project, folder) {
  await cp(join(sources, "mixed"), join(folder, "mixed"), { recursive: true });
  const config = { extends: "./tsconfig.json", compilerOptions: { module: "nodenext", rootDir: ".", noEmit: true } };
  await writeFile(join(folder, "tsconfig.mixed.json"), JSON.stringify({ ...config, include: ["mixed"] }));
  for (const version of [6, 7])
    await run(process.execPath, [compilerOf(project, compilers[version]), "-p", "tsconfig.mixed.json"], folder);
}

function compilerOf(project, name) {
  return join(project, "node_modules", name, "bin/tsc");
}
