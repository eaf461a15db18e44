import { readFileSync } from "node:fs";
import { join } from "node:path";
import { auditFiles } from "../audit/audit.ts";
import { CannotRun } from "../command.ts";
import { severityOf } from "../finding.ts";
import { parseFile } from "../source/parse.ts";
import type { Project } from "../source/project.ts";
import { frameworksOf } from "./adapters.ts";
import type { Change } from "../change/apply.ts";
import { devServersOf } from "./dev-server.ts";
import { foundLines, guideUrl, type Line, type NotChanged, withoutSockets } from "./found.ts";
import { guardAll, type Guarded, type Problem } from "./guards.ts";
import { editManifest } from "./manifest-edit.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { type Origins, originsOf } from "./origins.ts";
import { exists, packageManagerOf } from "./package-manager.ts";
import { ownPages } from "./pages.ts";
import type { PolicyPlan } from "./policy.ts";
import { readSources, type Sources } from "./read.ts";
import { remainsOf } from "./remains.ts";
import { type Socket, socketsOf } from "./sockets.ts";
import { styleOf } from "../change/style.ts";
import { testFile } from "./test-file.ts";
import { plannedTest, type PlannedTest } from "./test-plan.ts";

/** What init found out, and what it would do. */
export interface Plan {
  readonly status: "changes" | "nothing-to-do" | "not-understood";
  readonly found: readonly Line[];
  readonly changes: readonly (Change & { readonly why: string })[];
  readonly problems: readonly NotChanged[];
  /** What the user has to do. */
  readonly remains: readonly string[];
}

/** @throws {CannotRun} if there is no project, or it cannot be read */
export async function planOf(folder: string, version: string, signal: AbortSignal): Promise<Plan> {
  const manifest = await readManifest(folder);
  const sources = await readSources(folder, signal);
  const manager = await packageManagerOf(folder);
  const frameworks = await frameworksOf(folder, manifest);
  const { project, own } = sources;
  const all = own.flatMap((module) => socketsOf(module, project));
  const sockets = all.filter((socket) => !isGuarded(socket, project));
  const origins = originsOf(own);
  const development = developmentOf(sources, origins, sockets, manifest);
  const found = foundLines({ folder, manifest, manager, frameworks, sockets: all, origins, development });
  const plan = { found, changes: [], problems: [], remains: [] };
  if (sockets.length === 0 && own.some((module) => project.guarded(module)))
    return { ...plan, status: "nothing-to-do" };
  if (sockets.length === 0) return { ...plan, status: "not-understood", problems: withoutSockets(sources, manifest) };
  const variables = variablesOf(origins);
  const policy: PolicyPlan = {
    listed: origins.listed.map(({ origin }) => origin),
    variables: variables.map(({ code }) => code),
    development,
  };
  const guarded = guardAll(sockets, {
    project,
    policy,
    esm: manifest.esm,
    brackets: needsBrackets(folder),
    supports: frameworks.supports,
  });
  const problems = [...guarded.problems, ...unreadable(guarded), ...broken(guarded)];
  if (problems.length > 0) return { ...plan, status: "not-understood", problems: problems.map(problemLine) };
  const [first] = sockets;
  const style = styleOf(first?.module ?? own[0] ?? fail(), manifest.esm);
  const test = await plannedTest({
    folder,
    manifest,
    project,
    sockets,
    origins,
    policy,
    variables: variables.map(({ name }) => name),
    style,
  });
  const changes = await changesOf({ folder, manifest, guarded, test, version });
  const findings = await auditAfter(sources, changes, signal);
  const remains = remainsOf({ manager, frameworks, guarded, origins, policy, variables, test, sockets, findings });
  return { ...plan, status: "changes", changes, remains };
}

function fail(): never {
  throw new CannotRun("There are no sources here.");
}

/** Whether a socket is behind a gate already. */
function isGuarded({ on, module, call }: Socket, project: Project): boolean {
  if (on.kind === "server") return project.guards(module, [on.server]);
  if (on.kind === "app") return project.guards(module, [call, on.app]);
  return on.kind === "nest" || on.kind === "unknown" ? project.guarded(module) : false;
}

/** Where origins come from in production, if the project does not say. */
const usual = { name: "ALLOWED_ORIGINS", code: "process.env.ALLOWED_ORIGINS" };

function variablesOf({ listed, variables }: Origins): readonly { readonly name: string; readonly code: string }[] {
  return listed.length === 0 && variables.length === 0 ? [usual] : variables;
}

function developmentOf(
  sources: Sources,
  { local }: Origins,
  sockets: readonly Socket[],
  manifest: Manifest,
): PolicyPlan["development"] {
  const found = new Map<string, string>();
  const add = (origin: string, name: string): void => void found.set(origin, found.get(origin) ?? name);
  const servers = devServersOf(sources.hints).filter(
    ({ file, name }) => !(name === "Next.js" && file === "package.json"),
  );
  for (const { origin, name, file } of servers) add(origin, `${name} (${file})`);
  for (const { origin, file } of local) add(origin, `a list in ${file}`);
  for (const { origin } of ownPages(sockets, sources.project, manifest, found.size === 0))
    add(origin, "this server's own pages");
  return [...found].map(([origin, name]) => ({ origin, name }));
}

/** Whether the compiler refuses `process.env.NAME`. */
function needsBrackets(folder: string): boolean {
  try {
    return /"noPropertyAccessFromIndexSignature"\s*:\s*true/.test(readFileSync(join(folder, "tsconfig.json"), "utf8"));
  } catch {
    return false;
  }
}

function problemLine({ file, line, what, guide, reason }: Problem): NotChanged {
  return { place: `${file}:${line}`, message: `${what}: ${reason}. Nothing is changed.`, guide: guideUrl(guide) };
}

/** Text that is not UTF-8 would be written back as something else. */
function unreadable({ edits }: Guarded): Problem[] {
  return edits
    .filter(({ module }) => module.source.includes("\ufffd"))
    .map(({ module }) => ({
      file: module.file,
      line: 1,
      what: "the file",
      guide: "ws",
      reason: "it is not written in UTF-8",
    }));
}

/** An edit whose outcome does not parse is a mistake of ours, and must not be written. */
function broken({ edits }: Guarded): Problem[] {
  return edits.flatMap((edit) => {
    const parsed = parseFile(edit.module.file, edit.finish());
    if ("modules" in parsed) return [];
    return [
      { file: edit.module.file, line: 1, what: "the file", guide: "ws", reason: "the change would not be valid code" },
    ];
  });
}

interface ChangesInput {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly guarded: Guarded;
  readonly test: PlannedTest;
  readonly version: string;
}

async function changesOf({ folder, manifest, guarded, test, version }: ChangesInput): Promise<Plan["changes"]> {
  const changes = guarded.edits.map((edit) => ({
    file: edit.module.file,
    before: edit.module.source,
    after: edit.finish(),
    why: "guards the server: no upgrade completes unless the policy allows it",
  }));
  const known = (name: string): boolean => manifest.packages[name] !== undefined;
  const range = `^${version}`;
  const dependencies = Object.fromEntries(
    [...guarded.packages].filter((name) => !known(name)).map((name) => [name, range]),
  );
  const written = !(await exists(join(folder, test.plan.file)));
  const devDependencies = written && !known("@wsorigin/testing") ? { "@wsorigin/testing": range } : {};
  const scripts = Object.fromEntries(
    Object.entries(test.scripts).filter(([name]) => written && manifest.scripts[name] === undefined),
  );
  const after = editManifest(manifest.source, { dependencies, devDependencies, scripts });
  const added = [...Object.keys(dependencies), ...Object.keys(devDependencies)].join(", ");
  return [
    ...changes,
    ...(after === manifest.source
      ? []
      : [{ file: "package.json", before: manifest.source, after, why: `adds ${added}` }]),
    ...(written
      ? [
          {
            file: test.plan.file,
            before: undefined,
            after: testFile(test.plan),
            why: "tests from outside who can open a WebSocket",
          },
        ]
      : []),
  ];
}

/** What the audit would still find once the changes are applied. */
async function auditAfter(sources: Sources, changes: Plan["changes"], signal: AbortSignal): Promise<readonly string[]> {
  const files = sources.walked.files.map(({ file, source }) => ({
    file,
    source: changes.find((change) => change.file === file)?.after ?? source,
  }));
  const goOn = async (): Promise<void> => signal.throwIfAborted();
  const { findings } = await auditFiles({ ...sources.walked, files }, { ignored: new Set(), goOn });
  return findings
    .filter((finding) => severityOf(finding) !== "note")
    .map(
      ({ rule, place }) =>
        `${place?.file ?? ""}:${place?.line ?? 1}: ${rule.title} "wsorigin audit" shows the fix (${rule.id}).`,
    );
}
