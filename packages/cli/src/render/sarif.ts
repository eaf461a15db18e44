import { createHash } from "node:crypto";
import { docsOf, type Finding, type Report, type Rule, severityOf } from "../finding.ts";
import { standardsOf, weaknesses } from "../standards.ts";
import { printableJson } from "../printable.ts";

const levels = { failure: "error", warning: "warning", note: "note" } as const;

/** SARIF 2.1.0, as GitHub's code scanning reads it. What was found on a network is put at the place that a policy would be mended. */
export function renderSarif({ target, findings }: Report, version: string): string {
  const rules = [...new Map(findings.map(({ rule }) => [rule.id, rule])).values()];
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "wsorigin",
            semanticVersion: version,
            informationUri: "https://github.com/wsorigin/wsorigin",
            rules: rules.map(ruleOf),
            supportedTaxonomies: [{ name: "CWE" }],
          },
        },
        taxonomies: [taxonomyOf(rules)],
        results: findings.map((finding) => resultOf(finding, target, rules)),
      },
    ],
  };
  return printableJson(`${JSON.stringify(log, null, 2)}\n`);
}

function ruleOf(rule: Rule): object {
  const { cwe } = standardsOf(rule);
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.cause },
    help: { text: rule.fix, markdown: `${rule.fix}\n\n[${rule.id}](${docsOf(rule)})` },
    helpUri: docsOf(rule),
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { tags: tagsFor(rule) },
    ...(cwe.length > 0 && {
      relationships: cwe.map((number) => ({
        target: { id: String(number), toolComponent: { name: "CWE" } },
        kinds: ["relevant"],
      })),
    }),
  };
}

/** In the form that code scanning filters by: `external/cwe/cwe-1385`. */
function tagsFor(rule: Rule): readonly string[] {
  const { cwe, wstg, asvs } = standardsOf(rule);
  return [
    ...(cwe.length > 0 ? ["security"] : []),
    ...cwe.map((number) => `external/cwe/cwe-${String(number).padStart(3, "0")}`),
    ...wstg.map((id) => `external/owasp/${id.toLowerCase()}`),
    ...asvs.map((id) => `external/asvs/v5.0.0-${id}`),
  ];
}

/** The weaknesses that the rules name. */
function taxonomyOf(rules: readonly Rule[]): object {
  const numbers = [...new Set(rules.flatMap((rule) => standardsOf(rule).cwe))].toSorted((one, two) => one - two);
  return {
    name: "CWE",
    organization: "MITRE",
    informationUri: "https://cwe.mitre.org/",
    shortDescription: { text: "The MITRE Common Weakness Enumeration" },
    taxa: numbers.map((number) => ({
      id: String(number),
      name: weaknesses.get(number) ?? "",
      helpUri: `https://cwe.mitre.org/data/definitions/${number}.html`,
    })),
  };
}

function resultOf(finding: Finding, target: string, rules: readonly Rule[]): object {
  const { rule, seen, who, fix, place } = finding;
  const region =
    place === undefined
      ? undefined
      : { startLine: place.line, ...(place.column !== undefined && { startColumn: place.column }) };
  return {
    ruleId: rule.id,
    ruleIndex: rules.indexOf(rule),
    level: levels[severityOf(finding)],
    message: {
      text: [
        rule.title,
        ...seen,
        ...(who === undefined ? [] : [`Answered by ${who}.`]),
        ...(fix.length > 0 ? fix : [rule.fix]),
      ].join("\n"),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(place?.file ?? ".wsoriginrc.json") },
          ...(region !== undefined && { region }),
        },
        ...(place === undefined && { logicalLocations: [{ fullyQualifiedName: target }] }),
      },
    ],
    // The line's number may change, and the problem is still the same one.
    partialFingerprints: { "wsorigin/v1": fingerprint([rule.id, place?.file ?? target, ...seen]) },
  };
}

function fingerprint(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}
