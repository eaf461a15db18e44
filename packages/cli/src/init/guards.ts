import type { Module } from "../source/module.ts";
import type { Node } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import type { Edit } from "../change/edit.ts";
import { corsListsOf, replaceList } from "./cors-lists.ts";
import { Edits, type Site } from "./edits.ts";
import { guardFastify } from "./guard-fastify.ts";
import { guardNest } from "./guard-nest.ts";
import { guardPort } from "./guard-port.ts";
import { guardSocketIo } from "./guard-socket-io.ts";
import { foundAt } from "./origins.ts";
import { type Framework, type Place, placeOf, placeOfApp } from "./place.ts";
import type { Socket } from "./sockets.ts";

/** What cannot be guarded, and why. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly guide: Socket["guide"];
  readonly reason: string;
}

export interface Guarded {
  readonly edits: readonly Edit[];
  readonly problems: readonly Problem[];
  /** The packages that the edited files import. */
  readonly packages: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/** The sockets of one place, and how it gets its guard. */
interface Group {
  readonly place: Place;
  readonly sockets: readonly Socket[];
}

/** Finds where each socket's server is guarded. Sockets of one server share a place. */
function placesOf(sockets: readonly Socket[], project: Project): { groups: Group[]; problems: Problem[] } {
  const groups = new Map<Node | string, { place: Place; sockets: Socket[] }>();
  const problems: Problem[] = [];
  for (const socket of sockets) {
    const { on, module, call } = socket;
    if (on.kind === "unknown") problems.push(problemOf(socket, on.reason));
    if (on.kind !== "server" && on.kind !== "app") continue;
    const found =
      on.kind === "server" ? placeOf(on.server, call, module, project) : placeOfApp(on.app, module, project);
    if ("reason" in found) problems.push(problemOf(socket, found.reason));
    else groups.set(found.key, { place: found, sockets: [...(groups.get(found.key)?.sockets ?? []), socket] });
  }
  return { groups: [...groups.values()], problems: [...problems, ...doubtful([...groups.values()])] };
}

/** Two places in different files that may be one server: the second guard would throw. */
function doubtful(groups: readonly Group[]): Problem[] {
  const passed = groups.filter(({ place }) => typeof place.key === "string");
  const files = new Set(groups.map(({ place }) => place.module.file));
  if (passed.length === 0 || files.size < 2) return [];
  return passed.flatMap(({ sockets }) =>
    sockets.map((socket) =>
      problemOf(socket, "sockets are attached in several files, and their servers may be one and the same"),
    ),
  );
}

function problemOf(socket: Socket, reason: string): Problem {
  return { ...foundAt(socket.call, socket.module), what: socket.what, guide: socket.guide, reason };
}

/** Guards every socket. Where problems remain, the edits are of no use. */
export function guardAll(sockets: readonly Socket[], site: Site): Guarded {
  const edits = new Edits(site);
  const { groups, problems } = placesOf(sockets, site.project);
  const single = sockets.filter(({ on }) => on.kind === "port" || on.kind === "fastify" || on.kind === "nest");
  const failed = [...problems];
  for (const [module, nodes] of byModule(groups, single)) {
    const from = packageFor(groups, single, module, site);
    const lists = corsListsOf(module, from);
    const [first, ...others] = [...nodes, ...lists.map(({ options }) => options)].toSorted(byStart);
    if (first !== undefined && others.length > 0) edits.sharedPolicy(module, from, first);
    for (const list of lists) replaceList(list, module, from, edits);
  }
  for (const group of groups) guardServer(group, edits);
  for (const socket of single) {
    const reason = guardOwn(socket, edits);
    if (reason !== undefined) failed.push(problemOf(socket, reason));
  }
  return { edits: edits.all(), problems: failed, packages: edits.packages, notes: edits.notes };
}

function byStart(one: Node, two: Node): number {
  return (one.start ?? 0) - (two.start ?? 0);
}

/** The nodes of each file that get a guard. */
function byModule(groups: readonly Group[], single: readonly Socket[]): ReadonlyMap<Module, readonly Node[]> {
  const found = new Map<Module, Node[]>();
  const add = (module: Module, node: Node): void => void found.set(module, [...(found.get(module) ?? []), node]);
  for (const { place } of groups) add(place.module, place.statement);
  for (const { module, call } of single) add(module, call);
  return found;
}

function packageFor(groups: readonly Group[], single: readonly Socket[], module: Module, site: Site): string {
  const group = groups.find(({ place }) => place.module === module);
  if (group !== undefined) return `@wsorigin/${kindOf(group.place, site)}`;
  const isFastify = single.some((socket) => socket.module === module && socket.on.kind === "fastify");
  return isFastify && site.supports("fastify") ? "@wsorigin/fastify" : "@wsorigin/node";
}

function kindOf({ framework }: Place, site: Site): Framework["kind"] {
  return site.supports(framework.kind) ? framework.kind : "node";
}

/** `guard(server, { app, policy })` behind the server, or in front of what uses it. */
function guardServer({ place, sockets }: Group, edits: Edits): void {
  const { module, framework } = place;
  const kind = kindOf(place, edits.site);
  const from = `@wsorigin/${kind}`;
  const edit = edits.of(module);
  edits.import(module, from, "guard");
  const { name, lines } = edits.policy(module, from);
  const app =
    kind === "node" || framework.app === undefined ? "" : framework.app === "app" ? "app, " : `app: ${framework.app}, `;
  const policy = name === "policy" ? "policy" : `policy: ${name}`;
  const io = sockets.filter(({ what }) => what === "Socket.IO");
  const gate = io.length > 0 ? edit.freeName("gate", "socketGate") : undefined;
  place.write(edit, (server) => [
    ...lines,
    `${gate === undefined ? "" : `const ${gate} = `}guard(${server}, { ${app}${policy} });`,
  ]);
  if (gate !== undefined) for (const socket of io) guardSocketIo(socket, { gate, policy: name }, edits);
}

/** Guards a socket that has its own way. Returns why it cannot. */
function guardOwn(socket: Socket, edits: Edits): string | undefined {
  const { on } = socket;
  if (on.kind === "port") return guardPort(socket, on.options, edits);
  if (on.kind === "fastify") return guardFastify(socket, edits);
  return on.kind === "nest" ? guardNest(socket, edits) : undefined;
}
