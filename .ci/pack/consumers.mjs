// Consumers of the packed tarballs: the sources in .ci/consumers, compiled, bundled and tested by what users build with. Every one of them really starts the
// three apps, and prints what a page, a foreign page and a ticket get.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run } from "./tools.mjs";

/** Beside what the catalog has. One compiler for each major of TypeScript, and the oldest. */
export const toolsOfConsumers = {
  "@babel/core": "7.29.13",
  "@babel/preset-env": "7.29.14",
  "@babel/preset-typescript": "7.29.7",
  "@types/jest": "30.0.0",
  esbuild: "0.28.2",
  jest: "30.5.2",
  "ts-jest": "29.4.15",
  typescript: "6.0.3",
  "typescript5.0": "npm:typescript@5.0.4",
  "typescript5.4": "npm:typescript@5.4.5",
  typescript7: "npm:typescript@7.0.2",
  webpack: "5.113.0",
};

const frameworks = ["express", "fastify", "koa"];
const answers = frameworks.map((name) => `${name} 101 403 101 401\n`).join("");
const sources = join(import.meta.dirname, "../consumers");

export async function checkConsumers(project, only) {
  for (const [format, type] of [
    ["cjs", "commonjs"],
    ["esm", "module"],
  ]) {
    await cp(join(sources, "src"), join(project, format, "src"), { recursive: true });
    await writeFile(join(project, format, "package.json"), JSON.stringify({ private: true, type }));
  }
  await checkStatements();
  const kinds = {
    compilers: checkCompilers,
    bundlers: checkBundlers,
    jest: checkJest,
    vitest: checkVitest,
    next: checkNext,
  };
  for (const [kind, check] of Object.entries(kinds).filter(([kind]) => only === undefined || only === kind)) {
    const started = performance.now();
    await check(project);
    console.log(`Consumers: ${kind} (${Math.round((performance.now() - started) / 1000)} s)`);
  }
}

/** What the READMEs say is tested is what follows here. */
async function checkStatements() {
  const read = (name) => readFile(join(root, "packages", name, "README.md"), "utf8");
  const [core, jwt] = await Promise.all(["core", "jwt"].map(read));
  const rows = core.split("\n").filter((line) => line.startsWith("| TypeScript with "));
  const versions = Object.keys(compilers)
    .toSorted((a, b) => Number(a) - Number(b))
    .join(", ")
    .replace(/, (?=\d+$)/, " and ");
  assert.equal(rows.length, Object.keys(resolutions).length, "packages/core/README.md: the rows of TypeScript");
  for (const [index, ways] of Object.values(resolutions).entries()) {
    assert.ok(rows[index].includes(`${versions};`), `packages/core/README.md does not say ${versions}`);
    for (const way of Object.keys(ways))
      assert.ok(rows[index].includes(`\`${way}\``), `packages/core/README.md does not say ${way}`);
  }
  assert.ok(jwt.includes(`transformIgnorePatterns: ${JSON.stringify(untransformed)}`), "packages/jwt/README.md: Jest");
}

/** Runs a compiled or bundled program, and compares what the apps answered. */
async function runApps(file, what) {
  assert.equal(await run(process.execPath, [file], join(file, "..")), answers, what);
}

const compilers = { "5.0": "typescript5.0", 5.4: "typescript5.4", 6: "typescript", 7: "typescript7" };

/** Each compiler with each way to resolve modules that it has. `node` was deprecated by 6 and removed from 7. */
const resolutions = {
  cjs: { node: "commonjs", node16: "node16", nodenext: "nodenext" },
  esm: { node16: "node16", nodenext: "nodenext", bundler: "es2022" },
};

async function checkCompilers(project) {
  for (const [format, ways] of Object.entries(resolutions)) {
    const compilerOptions = {
      target: "es2022",
      lib: "es2022",
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
    await Promise.all([worker(), worker()]);
  }
}

async function compileAndRun(project, { format, resolution, module, version, name }) {
  const out = join(project, format, `out-${version}-${resolution}`);
  const args = ["-p", format, "--module", module, "--moduleResolution", resolution, "--outDir", out];
  if (version === "6" && resolution === "node") args.push("--ignoreDeprecations", "6.0");
  await run(process.execPath, [join(project, "node_modules", name, "bin/tsc"), ...args], project);
  await runApps(join(out, "main.js"), `TypeScript ${version}, moduleResolution ${resolution}, ${format}`);
}

async function checkBundlers(project) {
  const require = createRequire(join(project, "package.json"));
  const esbuild = require("esbuild");
  const webpack = require("webpack");
  for (const format of ["cjs", "esm"]) {
    const entry = join(project, format, "src/main.ts");
    const outfile = join(project, format, "esbuild/main.js");
    // Express and Koa are CommonJS, and load modules of Node with \`require\`.
    const banner = {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    };
    const options = { entryPoints: [entry], outfile, format, bundle: true, platform: "node", logLevel: "silent" };
    await esbuild.build(format === "esm" ? { ...options, banner } : options);
    await runApps(outfile, `esbuild, ${format}`);

    const compiled = join(project, format, format === "cjs" ? "out-6-node" : "out-6-bundler", "main.js");
    const stats = await new Promise((resolve, reject) => {
      const module = format === "esm";
      const output = {
        path: join(project, format, "webpack"),
        filename: "main.js",
        module,
        library: { type: module ? "module" : "commonjs2" },
      };
      webpack(
        {
          entry: compiled,
          output,
          experiments: { outputModule: module },
          target: "node20",
          mode: "production",
          optimization: { minimize: false },
        },
        (error, result) => (error ? reject(error) : resolve(result)),
      );
    });
    assert.ok(!stats.hasErrors(), stats.toString({ all: false, errors: true }));
    await runApps(join(project, format, "webpack/main.js"), `webpack, ${format}`);
  }
}

/** The line that the README of @wsorigin/jwt asks for: jose has ES modules only. */
const untransformed = ["/node_modules/(?!jose/)"];

async function checkJest(project) {
  const folder = join(project, "cjs");
  const presets = [["@babel/preset-env", { targets: { node: "20" } }], "@babel/preset-typescript"];
  const tsconfig = {
    module: "commonjs",
    target: "es2022",
    esModuleInterop: true,
    skipLibCheck: true,
    types: ["node", "jest"],
    allowJs: true,
  };
  const transforms = {
    babel: ["babel-jest", { presets, configFile: false, babelrc: false }],
    "ts-jest": ["ts-jest", { tsconfig, diagnostics: { warnOnly: false } }],
  };
  const base = { rootDir: folder, testEnvironment: "node", moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" } };
  const projects = Object.entries(transforms).flatMap(([name, transform]) => [
    { ...base, displayName: name, testMatch: ["<rootDir>/src/guarded.test.ts"], transform: { "\\.ts$": transform } },
    {
      ...base,
      displayName: `${name}, jwt`,
      testMatch: ["<rootDir>/src/jwt.test.ts"],
      transform: { "\\.[jt]s$": transform },
      transformIgnorePatterns: untransformed,
    },
  ]);
  await writeFile(join(folder, "jest.config.json"), JSON.stringify({ projects }));
  const jest = join(project, "node_modules/jest/bin/jest.js");
  const printed = await run(process.execPath, [jest, "-c", "jest.config.json", "--json", "--no-cache"], folder);
  const { numPassedTests, numTotalTests } = JSON.parse(printed);
  assert.deepEqual([numPassedTests, numTotalTests], [8, 8], "Jest");
}

async function checkVitest(project) {
  const folder = join(project, "esm");
  await writeFile(
    join(folder, "vitest.config.js"),
    "export default { test: { globals: true, include: ['src/*.test.ts'] } };\n",
  );
  const vitest = join(project, "node_modules/vitest/vitest.mjs");
  const printed = await run(process.execPath, [vitest, "run", "--reporter=json"], folder);
  const { numPassedTests, numTotalTests } = JSON.parse(printed.slice(printed.indexOf("{")));
  assert.deepEqual([numPassedTests, numTotalTests], [4, 4], "Vitest");
}

const page = "https://app.example.com";

async function checkNext(project) {
  const folder = join(project, "next");
  await cp(join(sources, "next"), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [join(project, "node_modules/next/dist/bin/next"), "build"], folder, env);
  const { statusOf } = await import(pathToFileURL(join(project, "esm/out-6-nodenext/answers.js")).href);
  for (const framework of frameworks) {
    await withServer(folder, framework, env, async (port) => {
      const [status, ticket] = await fetchTicket(port);
      const path = `/chat?ticket=${ticket}`;
      const got = [status, await statusOf(port, page, path), await statusOf(port, page, path)];
      got.push(await statusOf(port, "https://evil.test", "/chat"));
      assert.deepEqual(got, [200, 101, 401, 403], `Next.js on ${framework}`);
    });
  }
  const log = await withServer(folder, "express", { ...env, SEPARATE_STORES: "1" }, async (port) => {
    const [, ticket] = await fetchTicket(port);
    assert.equal(await statusOf(port, page, `/chat?ticket=${ticket}`), 401);
  });
  assert.match(log, /It was issued by another createTickets\(\) of this process/);
  assert.match(log, /memoryStore\(\{ name: "tickets" \}\)/);
}

async function fetchTicket(port) {
  const response = await fetch(`http://127.0.0.1:${port}/api/ticket`, { method: "POST", headers: { origin: page } });
  return [response.status, response.ok ? (await response.json()).ticket : undefined];
}

/** Returns what the server wrote to its log. */
async function withServer(folder, framework, env, use) {
  const server = fork(join(folder, "server.js"), [framework], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let log = "";
  server.stderr.on("data", (chunk) => (log += chunk));
  const ended = once(server, "exit");
  try {
    const [message] = await Promise.race([once(server, "message"), ended.then(() => [])]);
    assert.ok(message?.port, `Next.js on ${framework} did not start.\n${log}`);
    await use(message.port);
    return log;
  } finally {
    server.kill();
    await ended;
  }
}
