import type { Finding } from "../../finding.ts";
import { type Checker, found, type Given, looksLikeSocket, stepOf, unreadable } from "../checker.ts";
import { commonRules } from "../rules.ts";
import { checkHeaders } from "./headers.ts";
import { checkLog } from "./log.ts";
import { checkOriginGates } from "./origin-gate.ts";
import { type CaddyLine, parseCaddyfile } from "./parse.ts";
import { caddyRules } from "./rules.ts";
import { meansPath, type Proxied, proxiedOf, type Site, sitesOf } from "./sites.ts";
import { checkTransport } from "./transport.ts";

/** Checks a Caddyfile, or a configuration of Caddy in JSON. */
export const checkCaddy: Checker = async (given) => {
  if (/^\s*\{\s*"/.test(given.text)) return (await import("./json.ts")).checkCaddyJson(given);
  const { file, text, path, findings, steps, goOn } = given;
  await goOn();
  const { lines, problems } = parseCaddyfile(text);
  for (const problem of problems.slice(0, 20))
    findings.push(unreadable(file, problem, problem.message, `caddy validate --config ${file}`));
  const { sites, unread } = sitesOf(lines);
  steps.push({ name: "read", outcome: problems.length === 0 ? "ok" : "failed", detail: `${sites.length} sites` });
  const subjects = path === undefined ? subjectsOf(sites) : sites.flatMap((site) => chosenBy(given, site, path));
  const seen = new Set<string>();
  for (const proxied of subjects) {
    await goOn();
    const own = checkProxied(given, proxied).filter(({ rule, place }) => {
      const key = `${rule.id} ${place?.line ?? 0}`;
      return !seen.has(key) && seen.add(key);
    });
    findings.push(...own);
    steps.push(stepOf(proxied.line.text.replace(/\s*\{$/, ""), `${file}:${proxied.line.line}`, own));
  }
  const [missing] = unread;
  if (missing !== undefined)
    steps.push({
      name: "import",
      outcome: "skipped",
      detail: `cannot tell what ${missing.args[0] ?? ""} (${file}:${missing.line}) sets: it was not read`,
    });
  if (subjects.length > 0 || findings.length > 0) return missing === undefined ? undefined : "unread";
  if (missing === undefined && path !== undefined && lines.length > 0) notPassed(given, sites, path);
  else if (missing === undefined)
    steps.push({ name: "reverse_proxy", outcome: "skipped", detail: "no reverse_proxy was found" });
  else return "unread";
  return findings.length > 0 ? undefined : "unread";
};

function notPassed({ file, findings }: Given, sites: readonly Site[], path: string): void {
  const [line] = sites.flatMap((site) => site.lines);
  if (line !== undefined)
    findings.push(found(file, commonRules.notPassed, line, [`reverse_proxy ${path} 127.0.0.1:3000`]));
}

function checkProxied(given: Given, proxied: Proxied): readonly Finding[] {
  return [
    ...checkHeaders(given, proxied),
    ...checkPath(given, proxied),
    ...checkTransport(given.file, proxied.line),
    ...checkOriginGates(given, proxied),
    ...checkLog(given, proxied),
  ];
}

function socketPaths({ matchers }: Proxied): readonly string[] {
  return matchers.flatMap(({ paths }) => paths).filter((path) => looksLikeSocket(path));
}

function subjectsOf(sites: readonly Site[]): readonly Proxied[] {
  const all = sites.flatMap(proxiedOf);
  const sure = all.filter(
    (each) => socketPaths(each).length > 0 || each.matchers.some(({ upgrade }) => upgrade) || touchesUpgrade(each),
  );
  return sure.length > 0 ? sure : all;
}

function touchesUpgrade({ line }: Proxied): boolean {
  return line.block.some(
    ({ name, args }) => name === "header_up" && /^[-+]?(?:upgrade|connection|sec-websocket-\w+)$/i.test(args[0] ?? ""),
  );
}

/** What takes the path in a site: the first of the longest matchers. Where a matcher misses it narrowly, that is said. */
function chosenBy({ file, findings }: Given, site: Site, path: string): readonly Proxied[] {
  const all = proxiedOf(site);
  const taking = all.filter(({ matchers }) =>
    matchers.every(({ paths }) => paths.length === 0 || paths.some((each) => meansPath(each, path))),
  );
  const length = ({ matchers }: Proxied) =>
    Math.max(0, ...matchers.flatMap(({ paths }) => paths.map((each) => each.length)));
  const [best] = taking.toSorted((one, two) => length(two) - length(one));
  const missed = all.find(({ matchers }) => matchers.some(({ paths }) => paths.some((each) => each === `${path}/*`)));
  if (missed !== undefined && (best === undefined || length(best) === 0)) {
    const { line } = missed.matchers.find(({ paths }) => paths.includes(`${path}/*`)) ?? missed;
    findings.push(
      found(
        file,
        caddyRules.pathMissed,
        line,
        [`# in place of line ${line.line}`, line.text.replace(`${path}/*`, `${path}*`)],
        best === undefined ? undefined : "warning",
      ),
    );
  }
  return best === undefined ? [] : [best];
}

function checkPath({ file }: Given, { within, matchers }: Proxied): readonly Finding[] {
  const paths = matchers.flatMap((each) => each.paths);
  if (!paths.some(looksLikeSocket)) return [];
  const strips = (line: CaddyLine) => line.name === "uri" && line.args.includes("strip_prefix");
  return within.flatMap((block) => {
    const strip = block.block.find(strips);
    if (strip !== undefined)
      return [found(file, caddyRules.pathStripped, strip, [`# in place of line ${strip.line}: nothing`])];
    if (block.name !== "handle_path") return [];
    return [
      found(file, caddyRules.pathStripped, block, [
        `# in place of line ${block.line}`,
        block.text.replace("handle_path", "handle"),
      ]),
    ];
  });
}
