import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import { checkNginx } from "../nginx/check.ts";
import { parseNginx } from "../nginx/parse.ts";
import type { Node } from "../tree.ts";
import { kubernetesRules } from "./rules.ts";

/** What ingress-nginx writes into a location before the snippet. */
const own =
  "location /ws { proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_set_header Host $http_host; proxy_read_timeout 1h; access_log off;";

/** Judges the snippets of an Ingress as a part of the location that ingress-nginx makes. */
export async function checkSnippets(
  { file, goOn }: Given,
  annotations: ReadonlyMap<string, Node>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, node] of annotations) {
    if (!/^nginx\.ingress\.kubernetes\.io\/(?:configuration|location|server)-snippet$/.test(name)) continue;
    const text = node.value ?? "";
    const { directives } = parseNginx(text, file);
    for (const { name: setting, args, line, text: shown } of directives)
      if (
        setting === "proxy_set_header" &&
        /^(?:upgrade|connection)$/i.test(args[0] ?? "") &&
        !name.endsWith("/server-snippet")
      ) {
        const place = { line: node.line + line, text: shown };
        findings.push(
          found(file, kubernetesRules.repeatedHeader, place, [`# in place of line ${place.line}: nothing`]),
        );
      }
    const location = name.endsWith("/server-snippet") ? `server {\n${text}\n}` : `${own}\n${text}\n}`;
    const parsed = parseNginx(location, file);
    const problems = parsed.problems.map((each) => ({ ...each, file }));
    const report = await checkNginx(
      { directives: parsed.directives, problems, missing: [], files: 1 },
      { target: file, goOn },
    );
    // The header lines are said above to be too many; the rest is where the snippet is.
    const told = report.findings.filter(({ rule }) => !/^(?:upgrade|connection|keepalive)-/.test(rule.name));
    findings.push(...told.map((finding) => placedIn(finding, node.line)));
  }
  return findings;
}

/** The first line of the text is that of the location, which is the line of the annotation. */
function placedIn(finding: Finding, line: number): Finding {
  const { place, fix } = finding;
  if (place === undefined) return finding;
  const moved = fix.map((text) => text.replace(/line (\d+)/, (_, own: string) => `line ${Number(own) - 1 + line}`));
  return { ...finding, fix: moved, place: { file: place.file, line: place.line - 1 + line } };
}
