import type { Found } from "../languages/check.ts";
import type { At } from "../languages/tree.ts";
import { listedOrigins } from "./lists.ts";
import { argumentsOf, type Modules } from "./python.ts";
import { djangoRules } from "./rules.ts";

/** What is wrong with the list of a call of OriginValidator. */
export function checkEntries(modules: Modules, { tree, node }: At): readonly Found[] {
  const { placed, named } = argumentsOf(tree, node);
  const list = named.get("allowed_origins") ?? placed[1];
  if (list === undefined) return [];
  const entries = modules.stringsOf({ tree, node: list });
  const any = entries.find(({ value }) => value === "*");
  if (any !== undefined) return [{ rule: djangoRules.anyOrigin, at: any, fix: [`[${listedOrigins(modules)}]`] }];
  return entries.flatMap((entry): readonly Found[] => {
    const [scheme, host = ""] = entry.value.split("://");
    if (!entry.value.includes("://"))
      return [{ rule: djangoRules.hostsOnly, at: entry, fix: [JSON.stringify(`https://${entry.value}`)] }];
    if (!host.startsWith(".")) return [];
    return [
      { rule: djangoRules.subdomains, at: entry, fix: [JSON.stringify(`${scheme ?? "https"}://${host.slice(1)}`)] },
    ];
  });
}

/** What AllowedHostsOriginValidator lets in: ALLOWED_HOSTS says so. While debugging, every host may be meant. */
export function checkHosts(modules: Modules, at: At): readonly Found[] {
  const hosts = modules.settings("ALLOWED_HOSTS").flatMap((setting) => modules.stringsOf(setting));
  const any = hosts.filter(({ value }) => value === "*");
  const fix = [`OriginValidator(..., [${listedOrigins(modules)}])`];
  if (any.length === 0) return [{ rule: djangoRules.hostsOnly, at, fix }];
  const names = ['ALLOWED_HOSTS = ["app.example.com"]', `or, in place of AllowedHostsOriginValidator: ${fix.join("")}`];
  return any.map((entry) => {
    const severity = isDebugged(entry) ? "warning" : undefined;
    return { rule: djangoRules.anyHost, at: entry, fix: names, severity };
  });
}

/** Whether the settings that an entry is in are those of a developer's machine. */
function isDebugged({ tree }: At): boolean {
  return tree.root.getChildren("AssignStatement").some((statement) => {
    const name = statement.getChild("VariableName");
    const value = statement.getChild("Boolean");
    return name !== null && value !== null && tree.text(name) === "DEBUG" && tree.text(value) === "True";
  });
}
