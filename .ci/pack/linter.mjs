// The packed ESLint plugin in a project of its own, as an ES module and as CommonJS.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./tools.mjs";

const configurations = {
  "eslint.config.mjs": `import wsorigin from "eslint-plugin-wsorigin";\nexport default [wsorigin.configs.recommended];\n`,
  "eslint.config.cjs": `module.exports = [require("eslint-plugin-wsorigin").configs.recommended];\n`,
};

export async function checkLinter(project) {
  const eslint = join(project, "node_modules/eslint/bin/eslint.js");
  for (const [file, text] of Object.entries(configurations)) {
    const folder = join(project, `lint-${file.at(-3)}`);
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(join(folder, file), text);
    await writeFile(
      join(folder, "server.mjs"),
      `import { WebSocketServer } from "ws";\nexport const sockets = new WebSocketServer({ port: 8080 });\n`,
    );
    const code = `
      const { ESLint } = require(${JSON.stringify(join(project, "node_modules/eslint"))});
      new ESLint().lintFiles(["server.mjs"]).then(([{ messages }]) => console.log(messages.map(({ ruleId, line }) => ruleId + ":" + line).join()));`;
    assert.equal((await run(process.execPath, ["--eval", code], folder)).trim(), "wsorigin/ws-unguarded:2", file);
    await assert.rejects(run(process.execPath, [eslint, "server.mjs"], folder), /ws-unguarded/, file);
  }
}
