import type { Style } from "../change/style.ts";

/** The origins of the policy that is written. */
export interface PolicyPlan {
  readonly listed: readonly string[];
  /** The code of each list in the environment: `process.env.CORS_ORIGINS`. */
  readonly variables: readonly string[];
  readonly development: readonly { readonly origin: string; readonly name: string }[];
}

/** The lines that create the policy. */
export function policyLines(name: string, plan: PolicyPlan): string[] {
  const { listed, variables, development } = plan;
  const entries = [
    ...listed.map((origin) => `    ${JSON.stringify(origin)},`),
    ...variables.map((code) => `    ...splitList(${code}),`),
    ...developmentLines(development),
  ];
  return [`const ${name} = createPolicy({`, "  origins: [", ...entries, "  ],", "});"];
}

function developmentLines(development: PolicyPlan["development"]): string[] {
  if (development.length === 0) return [];
  const names = [...new Set(development.map(({ name }) => name))].join(", ");
  const list = [...new Set(development.map(({ origin }) => JSON.stringify(origin)))].join(", ");
  return [`    // For development only: ${names}.`, `    ...(process.env.NODE_ENV === "production" ? [] : [${list}]),`];
}

/** What the policy's code needs besides `createPolicy`. */
export function policyImports({ variables }: PolicyPlan): string[] {
  return ["createPolicy", ...(variables.length > 0 ? ["splitList"] : [])];
}

/** Reads of the environment as a project with `noPropertyAccessFromIndexSignature` must write them. */
export function inBrackets(code: string, { quote }: Pick<Style, "quote">): string {
  return code.replaceAll(/\bprocess\.env\.(\w+)/g, `process.env[${quote}$1${quote}]`);
}
