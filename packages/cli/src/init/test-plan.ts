import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Project } from "../source/project.ts";
import { type Manifest, type Runner, runnerOf } from "./manifest.ts";
import type { Origins } from "./origins.ts";
import type { PolicyPlan } from "./policy.ts";
import type { Socket } from "./sockets.ts";
import { listeningOf, startOf } from "./start.ts";
import type { Style } from "../change/style.ts";
import type { TestPlan } from "./test-file.ts";

/** The test that is written, and what goes into `package.json` for it. */
export interface PlannedTest {
  readonly plan: TestPlan;
  readonly scripts: Readonly<Record<string, string>>;
  /** How the tests are run now. */
  readonly runs: string;
}

export interface TestInput {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly project: Project;
  readonly sockets: readonly Socket[];
  readonly origins: Origins;
  readonly policy: PolicyPlan;
  /** The names of the environment variables that the policy reads. */
  readonly variables: readonly string[];
  readonly style: Style;
}

const example = "https://app.example.com";

export async function plannedTest(input: TestInput): Promise<PlannedTest> {
  const { folder, manifest, project, sockets, policy, variables, style } = input;
  const own = runnerOf(manifest);
  // Without this flag, Jest's configuration decides which files are tests and what compiles them: a test for Node's own runner works in every such project.
  const jest = own === "jest" && !/experimental-vm-modules/.test(Object.values(manifest.scripts).join(" "));
  const runner: Runner = own === undefined || jest ? "node" : own;
  const start = startOf(listeningOf([...new Set(sockets.map(({ module }) => module))], project), manifest, runner);
  const typed = runner === "vitest" && sockets.some(({ module }) => /\.[cm]?ts$/.test(module.file));
  const place = await placeOf(folder);
  const name = jest
    ? "websocket-origins.check.mjs"
    : `websocket-origins${place.suffix}.${typed ? "ts" : (place.extension ?? "js")}`;
  const file = posix.join(jest && place.folder === "__tests__" ? "test" : place.folder, name);
  const exact = policy.listed.find((origin) => origin.startsWith("https:") && !origin.includes("*"));
  const plan: TestPlan = {
    runner,
    file,
    esm:
      typed ||
      file.endsWith(".mjs") ||
      (manifest.esm && !file.endsWith(".cjs")) ||
      (await importsIn(folder, place.folder)),
    start,
    path: sockets[0]?.path?.replaceAll(/:(\w+)\??/g, "1").replaceAll("*", "1") ?? "/",
    origin: exact ?? (variables.length > 0 ? example : (policy.development[0]?.origin ?? example)),
    variables: exact === undefined ? variables : [],
    quote: style.quote,
    semicolons: style.semicolons,
    typed,
  };
  const command = `node --test ${file}`;
  const scripted = runner !== "node" || own === "node" ? undefined : "test:websocket";
  const built = start.kind === "program" && start.build ? `npm run build && ${command}` : command;
  return { plan, scripts: scripted === undefined ? {} : { [scripted]: built }, runs: scripted ?? "test" };
}

interface TestPlace {
  readonly folder: string;
  readonly suffix: ".test" | ".spec";
  readonly extension: string | undefined;
}

/** Where the project's tests are, and how their files are called. */
async function placeOf(folder: string): Promise<TestPlace> {
  for (const name of ["test", "tests", "__tests__", "spec", "src", "."]) {
    const files = await readdir(join(folder, name)).catch(() => undefined);
    if (files === undefined) continue;
    const first = files.find((file) => /[.-](?:test|spec)\.[cm]?[jt]s$/.test(file));
    if (first === undefined && (name === "src" || name === ".")) continue;
    const extension = /\.([cm]?js)$/.exec(first ?? "")?.[1];
    return { folder: name, suffix: /[.-]spec\./.test(first ?? "") ? ".spec" : ".test", extension };
  }
  return { folder: "test", suffix: ".test", extension: undefined };
}

/** Whether the tests beside it are ES modules for their runner, whatever the package says. */
async function importsIn(folder: string, name: string): Promise<boolean> {
  const files = await readdir(join(folder, name)).catch(() => []);
  const first = files.find((file) => /[.-](?:test|spec)\.[cm]?js$/.test(file));
  if (first === undefined) return false;
  const source = await readFile(join(folder, name, first), "utf8").catch(() => "");
  return /^import\s/m.test(source);
}
