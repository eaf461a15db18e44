import type { Project } from "../source/project.ts";
import type { Manifest } from "./manifest.ts";
import type { Socket } from "./sockets.ts";
import { listeningOf } from "./start.ts";

/** What sends pages to browsers. */
const serving =
  /\bexpress\.static\b|\bserve-static\b|@fastify\/static|\bkoa-static\b|\bsendFile\b|\.render\(|<!doctype html|<html\b|\bgetRequestHandler\b/i;

/** The server's own origin in development, if it serves pages, or if nothing else is known to. */
export function ownPages(
  sockets: readonly Socket[],
  project: Project,
  { packages }: Manifest,
  nothingElse: boolean,
): readonly { readonly origin: string }[] {
  const modules = [...new Set(sockets.map(({ module }) => module))];
  // What listens on a port for sockets alone has no pages.
  const alone = new Set(sockets.filter(({ on }) => on.kind === "port").map(({ call }) => call));
  const listening = listeningOf(modules, project, alone);
  if (listening?.port === undefined) return [];
  const around = modules.flatMap((module) => project.siblings(module));
  const serves = packages["next"] !== undefined || around.some(({ source }) => serving.test(source));
  return serves || nothingElse ? [{ origin: `http://localhost:${listening.port}` }] : [];
}
