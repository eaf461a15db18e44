import { type Model } from "./model.ts";
import { mapped } from "./settings.ts";
import type { Directive } from "./parse.ts";

/** Whether the line answers with a redirect. */
export function isRedirect({ name, args }: Directive): boolean {
  if (name === "return") return /^30[1278]$/.test(args[0] ?? "") || /^(?:https?:\/\/|\$scheme)/.test(args[0] ?? "");
  return (
    name === "rewrite" &&
    (/^(?:permanent|redirect)$/.test(args[2] ?? "") || /^(?:https?:\/\/|\$scheme)/.test(args[1] ?? ""))
  );
}

export const mapLines: readonly string[] = [
  "# inside http { }",
  "map $http_upgrade $connection_upgrade {",
  "  default upgrade;",
  "  '' '';",
  "}",
];

interface ConnectionVariable {
  readonly variable: string;
  /** The lines that make it, where there are none yet. */
  readonly map: readonly string[];
}

const variables = new WeakMap<Model, ConnectionVariable>();

/** The variable for Connection that there is, or one with the map that it needs. */
export function connectionVariable(model: Model): ConnectionVariable {
  const known = variables.get(model) ?? findVariable(model);
  variables.set(model, known);
  return known;
}

function findVariable({ maps }: Model): ConnectionVariable {
  const right = [...maps.values()].find(
    (line) =>
      line.args[0]?.toLowerCase() === "$http_upgrade" &&
      mapped(line, "websocket").toLowerCase() === "upgrade" &&
      mapped(line, "").toLowerCase() !== "upgrade",
  );
  const variable = right?.args[1];
  return variable === undefined ? { variable: "$connection_upgrade", map: mapLines } : { variable, map: [] };
}
