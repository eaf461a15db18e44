import { expect, test } from "vitest";
import { severityOf } from "../src/finding.ts";
import { checkText } from "../src/proxy/check.ts";
import { kindOf } from "../src/proxy/kinds.ts";
import { type Row, rows } from "./proxy-rows/rows.ts";

async function check({ file, text, path }: Row) {
  const kind = kindOf(text, file);
  if (!("checked" in kind)) throw new Error(`${file} ${kind.other}`);
  return {
    kind: kind.checked,
    report: await checkText({ kind: kind.checked, file, text, path, cwd: "/", goOn: async () => {} }),
  };
}

test.for(rows.map((row) => [`${row.kind}: ${row.title}`, row] as const))("%s", async ([, row]) => {
  const { kind, report } = await check(row);
  expect(kind).toBe(row.kind);
  const told = report.findings.map((finding) => `${finding.rule.id} ${severityOf(finding)}`);
  expect(told[0] ?? "nothing").toBe(row.first);
  const lines = row.text.split("\n");
  for (const { place, fix } of report.findings) {
    expect(place?.line ?? 0).toBeGreaterThan(0);
    expect(place?.line ?? 0).toBeLessThanOrEqual(lines.length);
    expect(fix.length).toBeGreaterThan(0);
  }
});

test("docs/proxy.md lists them", async () => {
  const titles = new Map([
    ["nginx", "nginx"],
    ["apache", "Apache httpd"],
    ["haproxy", "HAProxy"],
    ["caddy", "Caddy"],
    ["kubernetes", "Kubernetes"],
    ["traefik", "Traefik"],
    ["envoy", "Envoy"],
  ]);
  const parts = [...titles].flatMap(([kind, title]) => {
    const own = rows.filter((row) => row.kind === kind);
    return [`## ${title}`, "", "| configuration | first finding |", "| --- | --- |"].concat(
      own.map(({ title: what, first }) => {
        const [id = "", severity = ""] = first.split(" ");
        return `| ${what} | ${first === "nothing" ? "nothing" : `[${id}](rules.md#${id.toLowerCase()}) (${severity})`} |`;
      }),
      "",
    );
  });
  const text = [
    "# What `wsorigin proxy --check` is tried on",
    "",
    "Each row is a small configuration of the tests, and what is found in it first. Rules of nginx, Apache, HAProxy and Caddy are tried on the real server;",
    "those of Kubernetes, Traefik and Envoy come from the documentation, and their texts say so.",
    "",
    ...parts,
  ].join("\n");
  await expect(text).toMatchFileSnapshot("../docs/proxy.md");
});
