import type { Server } from "node:http";
import { readdirSync } from "node:fs";
import { escapeControls } from "@wsorigin/core";
import { createPolicy, type DecisionEvent, explain, type Gate, guard } from "@wsorigin/node";
import type { WebSocket } from "ws";
import { compile } from "../shared/compile.ts";
import { type Draft, firstDraft, readDraft } from "../shared/draft.ts";
import type { FromServer, Places, Told } from "../shared/messages.ts";
import { stationOf } from "../shared/stations.ts";
import { App } from "./app.ts";
import { corpusRows } from "./corpus.ts";
import { answerFile, type Files, fromRoot, pageHeaders } from "./files.ts";
import { createHostile } from "./hostile.ts";
import { end, listen, portOf } from "./listen.ts";

export interface LabOptions {
  /** Where the lab's page is; the app and everybody else have the next two ports. `0` is any free ports, and so are those that are taken. */
  readonly port: number;
}

export interface RunningLab {
  /** `http://localhost:3000` */
  readonly url: string;
  readonly places: Places;
  /** Every decision about the app's sockets, oldest first; the last 200. */
  readonly told: readonly Told[];
  close(): Promise<void>;
}

const mostTold = 200;

/** Starts the lab, the app that its policy protects, and the pages of everybody else: three servers, for this machine only. */
export async function startLab({ port }: LabOptions): Promise<RunningLab> {
  const pages = new Set<WebSocket>();
  const told: Told[] = [];
  let id = 0;
  const tellAll = (message: FromServer): void => {
    const text = JSON.stringify(message);
    for (const page of pages) page.send(text);
  };
  const onDecision = (event: DecisionEvent): void => {
    const one = toldOf(++id, event);
    told.push(one);
    if (told.length > mostTold) told.shift();
    tellAll({ type: "told", told: one });
  };

  const next = (step: number): number => (port === 0 ? 0 : port + step);
  const server = await listen(() => {}, port);
  const app = await App.start({ port: next(1), onDecision });
  const hostile = await listen(
    createHostile(app.url, () => app.steal()),
    next(2),
  );
  const places = { app: app.url, hostilePort: portOf(hostile) };
  const host = `localhost:${portOf(server)}`;
  servePage(server, host, places);

  let draft = firstDraft(app.url);
  await app.guard(draft);

  // One after the other; of those that wait, the last.
  let waiting: Draft | undefined;
  let working: Promise<void> | undefined;
  const apply = async (): Promise<void> => {
    while (waiting !== undefined) {
      draft = waiting;
      waiting = undefined;
      try {
        await app.guard(draft);
        tellAll({ type: "applied", draft });
      } catch (error) {
        // Somebody has taken the port meanwhile. The next edit tries again.
        process.stderr.write(`The app could not be started again: ${escapeControls(String(error))}\n`);
      }
    }
    working = undefined;
  };

  const gate = guard(server, { policy: createPolicy({ origins: [`http://${host}`], hosts: [host] }), log: false });
  gate.route("/decisions", (page) => {
    pages.add(page);
    page.on("close", () => pages.delete(page));
    page.on("message", (data, isBinary) => {
      const asked = isBinary || !Buffer.isBuffer(data) ? undefined : readMessage(data.toString());
      if (asked === undefined) return page.close(1008, "Not understood");
      const compiled = compile(asked);
      if ("issues" in compiled) {
        page.send(JSON.stringify({ type: "refused", issues: compiled.issues } satisfies FromServer));
        return;
      }
      waiting = asked;
      working ??= apply();
    });
    page.send(JSON.stringify({ type: "hello", places, draft, past: told } satisfies FromServer));
  });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await closeGate(gate, server);
    waiting = undefined;
    await working;
    await app.close();
    await end(hostile);
  };
  return { url: `http://${host}`, places, told, close: () => (closing ??= close()) };
}

function toldOf(id: number, { decision, route, ms }: DecisionEvent): Told {
  const { allowed, code, origin } = decision;
  return {
    id,
    at: Date.now(),
    allowed,
    code,
    status: decision.allowed ? 101 : decision.status,
    station: decision.allowed ? "open" : stationOf(decision.code),
    origin: origin ?? null,
    matched: decision.allowed ? (decision.matched ?? null) : null,
    route: route ?? null,
    ms,
    text: explain(decision),
  };
}

function readMessage(text: string): Draft | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || Reflect.get(message, "type") !== "apply") return undefined;
    return readDraft(Reflect.get(message, "draft"));
  } catch {
    return undefined;
  }
}

/** Serves the built page, and the corpus beside it. */
function servePage(server: Server, host: string, { app, hostilePort }: Places): void {
  const built = fromRoot("dist/page");
  const names = readdirSync(built, { recursive: true, encoding: "utf8" });
  const files: Files = new Map(
    names.map((name) => [name === "index.html" ? "/" : `/${name}`, `${built}/${name}`] as const),
  );
  const headers = pageHeaders([
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    `frame-src ${app} http://localhost:${hostilePort} http://*.localhost:${hostilePort} http://*.localhost:${new URL(app).port}`,
    "frame-ancestors 'none'",
  ]);
  const corpus = JSON.stringify(corpusRows());
  server.on("request", (request, response) => {
    if (request.url === "/corpus.json")
      response.writeHead(200, { ...headers, "Content-Type": "application/json" }).end(corpus);
    else if (!answerFile(files, request, response, headers)) response.writeHead(404, headers).end();
  });
}

async function closeGate(gate: Gate, server: Server): Promise<void> {
  await gate.close({ timeout: 500 });
  await end(server);
}
