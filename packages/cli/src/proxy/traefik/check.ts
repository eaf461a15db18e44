import { type Checker, type Given, stepOf } from "../checker.ts";
import { readYaml, type Documents } from "../tree.ts";
import { labelsIn } from "./labels.ts";
import { findingsIn } from "./rules-of-tree.ts";

/** Checks a static or dynamic configuration of Traefik in YAML or TOML, or the labels of a Compose file. */
export const checkTraefik: Checker = async (given) => {
  const { file, findings, steps, goOn } = given;
  const { roots, problems } = await read(given);
  findings.push(...problems);
  for (const root of roots.flatMap((each) => [each, ...labelsIn(each)])) {
    await goOn();
    findings.push(...findingsIn(given, root));
  }
  steps.push(stepOf("Traefik", `${file}, read by its documentation, not run`, findings));
  return roots.length === 0 ? "unread" : undefined;
};

async function read(given: Given): Promise<Documents> {
  const toml = /^\s*\[+[\w."'-]+\]+\s*(?:#.*)?$/m.test(given.text) || /\.toml$/i.test(given.file);
  return toml ? (await import("./toml.ts")).readToml(given) : readYaml(given);
}
