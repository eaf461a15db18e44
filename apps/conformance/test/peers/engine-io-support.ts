import { attach, type AttachOptions, type Server as Engine, type ServerOptions } from "engine.io";
import { fetchFrom, type Response, type Stage } from "./stage.ts";

export interface Started {
  readonly port: number;
  readonly engine: Engine;
  /** What the sessions of the server emit. */
  readonly events: unknown[];
  readonly poll: (query?: string, body?: string, headers?: Record<string, string>) => Promise<Response>;
}

export const base = "/engine.io/?EIO=4";

export async function startEngine(stage: Stage, options: ServerOptions & AttachOptions = {}): Promise<Started> {
  const server = stage.plain();
  const engine = attach(server, { pingInterval: 20_000, pingTimeout: 20_000, ...options });
  const events: unknown[] = [];
  engine.on("connection", (socket) => {
    events.push(["connection", socket.transport.name, socket.request.headers.origin]);
    socket.on("upgrade", ({ name }: { name: string }) => events.push(["upgrade", name]));
    socket.on("message", (data: string) => {
      events.push(["message", data]);
      socket.send(data);
    });
    socket.on("close", (reason: string) => events.push(["close", reason]));
  });
  engine.on("connection_error", ({ code, message }) => events.push(["connection_error", code, message]));
  const port = await stage.listen(server);
  stage.defer(() => engine.close());
  const poll: Started["poll"] = async (query = "", body, headers = {}) =>
    plain(
      await fetchFrom(
        port,
        { path: `${base}&transport=polling${query}`, method: body === undefined ? "GET" : "POST", headers },
        body,
      ),
    );
  return { port, engine, events, poll };
}

/** Without the identifier of the session, which differs from run to run. */
export function plain(response: Response): Response {
  return { ...response, body: response.body.replaceAll(/"sid":"[^"]+"/g, '"sid":"..."'), headers: cookies(response) };
}

function cookies({ headers }: Response): Response["headers"] {
  const set = JSON.stringify(headers["set-cookie"]);
  return set === undefined ? headers : { ...headers, "set-cookie": set.replaceAll(/=[\w-]{20}/g, "=sid") };
}

/** Opens a session by polling. */
export async function session(port: number): Promise<string> {
  const { body } = await fetchFrom(port, { path: `${base}&transport=polling` });
  return /"sid":"([^"]+)"/.exec(body)?.[1] ?? "";
}

/** Moves a session from polling to a WebSocket, as its client does. */
export async function upgrade(stage: Stage, port: number, sid: string): Promise<Awaited<ReturnType<Stage["open"]>>> {
  const pending = fetchFrom(port, { path: `${base}&transport=polling&sid=${sid}` });
  const frames = await stage.open(port, { path: `${base}&transport=websocket&sid=${sid}` });
  frames.send("2probe");
  const { text } = await frames.next();
  if (text !== "3probe") throw new Error(`The probe was answered with ${text}`);
  await pending;
  frames.send("5");
  return frames;
}
