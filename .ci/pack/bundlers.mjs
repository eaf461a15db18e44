// Consumers that are bundled with all that they import.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runApps } from "./tools.mjs";

export async function checkBundlers(project) {
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
