import { basename } from "node:path";
import type { Frameworks } from "./adapters.ts";
import { type Manifest, runnerOf } from "./manifest.ts";
import { foundAt, type Origins } from "./origins.ts";
import type { PackageManager } from "./package-manager.ts";
import type { PolicyPlan } from "./policy.ts";
import type { Sources } from "./read.ts";
import { type Guide, guides, type Socket, socketsOf } from "./sockets.ts";

/** A line of what was found: what it is about, and what it says. */
export type Line = readonly [label: string, text: string];

/** Why nothing is changed at a place, and what to read. */
export interface NotChanged {
  readonly place: string | undefined;
  readonly message: string;
  readonly guide: string | undefined;
}

interface FoundInput {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly manager: PackageManager;
  readonly frameworks: Frameworks;
  readonly sockets: readonly Socket[];
  readonly origins: Origins;
  readonly development: PolicyPlan["development"];
}

/** What the project is, a line each. */
export function foundLines({
  folder,
  manifest,
  manager,
  frameworks,
  sockets,
  origins,
  development,
}: FoundInput): Line[] {
  const { name = basename(folder), esm } = manifest;
  const at = ({ file, line }: { file: string; line: number }): string => `${file}:${line}`;
  return [
    ["package", `${name} (${manager.name}, ${esm ? "ES modules" : "CommonJS"})`],
    ["framework", frameworks.names.length === 0 ? "none" : frameworks.names.join(", ")],
    ...sockets.map((socket): Line => ["sockets", `${socket.what}, ${at(foundAt(socket.call, socket.module))}`]),
    ...origins.listed.map((each): Line => ["origin", `${each.origin}, ${at(each)}`]),
    ...origins.variables.map((each): Line => ["origins", `in the environment variable ${each.name}, ${at(each)}`]),
    ...development.map((each): Line => ["development", `${each.origin}, ${each.name}`]),
    ["tests", runnerOf(manifest) ?? "no runner"],
  ];
}

/** Why nothing can be guarded where no sockets were found. */
export function withoutSockets({ walked, own, failed, project }: Sources, manifest: Manifest): NotChanged[] {
  const units = walked.packages.filter((unit) => unit !== "");
  const candidates = units.filter((unit) =>
    project.modules.some((module) => project.unit(module.file) === unit && socketsOf(module, project).length > 0),
  );
  if (candidates.length > 0)
    return [
      {
        place: undefined,
        message: `Several packages live here, and this one opens no WebSockets itself. Run init in the folder of one package: ${candidates.map((unit) => `wsorigin init ${unit}`).join(", ")}.`,
        guide: undefined,
      },
    ];
  const unread = failed.map(({ file, reason }) => ({
    place: file,
    message: `Was left out: ${reason}.`,
    guide: undefined,
  }));
  if (manifest.packages["next"] !== undefined)
    return [
      {
        place: undefined,
        message:
          "Next.js opens no WebSockets of its own in production, and a route handler cannot. With a custom server, init guards the server; in this project none was found.",
        guide: guideUrl("next"),
      },
      ...unread,
    ];
  const what =
    own.length === 0
      ? "No JavaScript or TypeScript was found here"
      : `No WebSocket server was found in ${own.length} files`;
  return [
    {
      place: undefined,
      message: `${what}. init knows ws, Socket.IO, express-ws, koa-websocket, koa-easy-ws, @fastify/websocket, NestJS gateways, websocket and upgrade listeners.`,
      guide: undefined,
    },
    ...unread,
  ];
}

/** Where a guide can be read. */
export function guideUrl(guide: Guide): string {
  return `https://github.com/wsorigin/wsorigin/blob/main/packages/${guides[guide]}`;
}
