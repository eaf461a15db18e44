import type { Edit } from "../change/edit.ts";
import type { Severity } from "../finding.ts";
import type { Module } from "../source/module.ts";
import type { Node } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import type { RuleName } from "./rules.ts";

/** A finding before its lines are read. */
export interface Raw {
  readonly rule: RuleName;
  readonly module: Module;
  readonly node: Node;
  /** Other lines that belong to it. */
  readonly also?: readonly Node[];
  readonly fix: readonly string[];
  readonly severity?: Severity | undefined;
  /** Makes the change that `fix` shows, where that is certain to be right. */
  readonly change?: Rewrite | undefined;
}

/** A change of the file that a finding is in. */
export interface Rewrite {
  /** Of changes with one key only the first is made. */
  readonly key: string;
  readonly make: (edit: Edit) => void;
  /** Whether nothing changes for what browsers send: linters may apply it unasked. */
  readonly safe?: boolean;
}

/** Looks at one module, and tells what it finds. */
export type Check = (module: Module, project: Project) => Iterable<Raw>;

/** Packages that have to do with sockets or CORS: where a project uses none of them its origins are none of ours. */
export const relevant: RegExp =
  /^(?:ws|isomorphic-ws|express-ws|socket\.io|@fastify\/(?:websocket|cors)|cors|@koa\/cors|koa-(?:websocket|easy-ws)|graphql-ws(?:\/.*)?|@nestjs\/(?:websockets|platform-ws)|websocket|sockjs|engine\.io|faye-websocket|@hono\/node-ws|@hono\/node-server(?:\/.*)?|hono(?:\/.*)?|bun|elysia|h3|crossws(?:\/.*)?|nitro(?:pack)?(?:\/.*)?|next-ws(?:\/.*)?|uWebSockets\.js|@wsorigin\/.*)$/;
