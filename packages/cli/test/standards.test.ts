import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadRules } from "../src/catalogue.ts";
import { runCli } from "../src/cli.ts";
import { classified, standardsOf, tagsOf, weaknesses } from "../src/standards.ts";

const rules = await loadRules();

test("every rule of the doctor, the proxy check and the audit is classified, and no id is that is no rule's", () => {
  const ids = rules.map(({ id }) => id);
  const wanted = ids.filter((id) => /^WSO[012]/.test(id));
  expect(wanted.filter((id) => !classified.has(id))).toEqual([]);
  expect([...classified].filter((id) => !ids.includes(id))).toEqual([]);
});

test("every weakness has its name, and every id the form of its standard", () => {
  for (const rule of rules) {
    const { cwe, wstg, asvs } = standardsOf(rule);
    for (const number of cwe) expect(weaknesses.has(number)).toBe(true);
    for (const id of wstg) expect(id).toMatch(/^WSTG-[A-Z]{4}-\d\d$/);
    for (const id of asvs) expect(id).toMatch(/^\d{1,2}\.\d\.\d$/);
  }
  const used = new Set(rules.flatMap((rule) => standardsOf(rule).cwe));
  expect([...weaknesses.keys()].filter((number) => !used.has(number))).toEqual([]);
});

test("rules that find an unguarded socket are CWE-1385", () => {
  const unguarded = rules.filter(({ id, name }) => /^WSO[02]/.test(id) && /-unguarded$|^open-door$/.test(name));
  expect(unguarded.length).toBeGreaterThan(12);
  for (const rule of unguarded) expect(tagsOf(rule)).toEqual(["CWE-1385", "WSTG-CLNT-10", "ASVS 5.0 4.4.2"]);
});

test.each([
  ["text", "tags    CWE-1385, WSTG-CLNT-10, ASVS 5.0 4.4.2"],
  ["markdown", "CWE-1385, WSTG-CLNT-10, ASVS 5.0 4.4.2"],
  ["github", "%0ACWE-1385, WSTG-CLNT-10, ASVS 5.0 4.4.2%0A"],
  ["json", '"CWE-1385"'],
  ["sarif", '"external/cwe/cwe-1385"'],
])("--format %s has the tags of a finding", async (format, expected) => {
  expect(await audited(format)).toContain(expected);
});

test("SARIF: what the rules relate to is in the taxonomy of the run", async () => {
  const [{ tool, taxonomies }] = JSON.parse(await audited("sarif")).runs;
  const [rule] = tool.driver.rules;
  expect(rule.properties.tags).toEqual([
    "security",
    "external/cwe/cwe-1385",
    "external/owasp/wstg-clnt-10",
    "external/asvs/v5.0.0-4.4.2",
  ]);
  expect(taxonomies[0].taxa.map(({ id }: { id: string }) => id)).toContain(rule.relationships[0].target.id);
  expect(tool.driver.supportedTaxonomies).toEqual([{ name: taxonomies[0].name }]);
});

test("--explain has the tags, as text and as JSON", async () => {
  expect(await written(["--explain", "WSO054"])).toContain("CWE-350, CWE-346, WSTG-CLNT-10, ASVS 5.0 4.4.2");
  expect(JSON.parse(await written(["--explain", "WSO122", "--json"])).standards.cwe).toEqual([532, 598]);
});

/** What the audit says of a server without a check. */
async function audited(format: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, "server.js"),
    'import { WebSocketServer } from "ws";\nnew WebSocketServer({ port: 3000 }).on("connection", (socket) => socket.send("hello"));\n',
  );
  return written(["audit", folder, "--format", format]);
}

async function written(args: readonly string[]): Promise<string> {
  let out = "";
  await runCli(args, {
    out: (text) => void (out += text),
    err: () => {},
    stdin: async () => "",
    env: { LANG: "C.UTF-8" },
    isTTY: false,
    showsProgress: false,
    columns: 100,
    cwd: ".",
    signal: new AbortController().signal,
  });
  return out;
}
