import { type Answer, type Frames, handshake, type HandshakeRequest } from "@wsorigin/testing";
import { expect, onTestFinished } from "vitest";
import { type Attach, type Running, start, type StartOptions } from "../src/start.ts";

/** A chat on free ports, closed when the test ends; and the lines it printed. */
export async function startChat(
  attach: Attach,
  options: Partial<StartOptions> = {},
): Promise<Running & { readonly lines: string[] }> {
  const lines: string[] = [];
  const running = await start(attach, {
    ports: { chat: 0, hostile: 0 },
    print: (text) => lines.push(text),
    ...options,
  });
  onTestFinished(() => running.close());
  return { ...running, lines };
}

let visitors = 0;

export const password = "correct horse";

/** Logs in, as somebody new unless told otherwise: the cookie, and the name that goes with it. */
export async function visit(
  running: Running,
  name = `Visitor ${++visitors}`,
): Promise<{ readonly cookie: string; readonly name: string }> {
  const response = await post(running, "/api/login", { name, password });
  expect(response.status).toBe(204);
  return { cookie: response.headers.get("set-cookie")?.split(";", 1)[0] ?? "", name };
}

/** Posts JSON as the chat's own page does. */
export function post({ chatUrl }: Running, path: string, body: object, cookie = ""): Promise<Response> {
  return fetch(`${chatUrl}${path}`, {
    method: "POST",
    headers: { cookie, origin: chatUrl, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** A ticket for the chat's own page. */
export async function ticketFor(running: Running, cookie: string): Promise<string> {
  const response = await post(running, "/api/ticket", {}, cookie);
  expect(response.status).toBe(200);
  return String((await bodyOf(response))["ticket"]);
}

export function knock(running: Running, cookie: string, request: HandshakeRequest = {}): Promise<Answer> {
  const { address, chatUrl } = running;
  const usual = {
    path: "/chat/lobby",
    origin: chatUrl,
    hostHeader: new URL(chatUrl).host,
    headers: [["Cookie", cookie]],
  } as const;
  return handshake({ host: address.address, port: address.port }, { ...usual, ...request });
}

/** Opens a socket with a ticket, which is let go when the test ends. */
export async function join(running: Running, cookie: string, path = "/chat/lobby"): Promise<Frames> {
  const { status, frames } = await knock(running, cookie, {
    path: `${path}?ticket=${await ticketFor(running, cookie)}`,
  });
  expect(status).toBe(101);
  if (frames === undefined) throw new Error("There is no open socket.");
  onTestFinished(() => frames.destroy());
  return frames;
}

/** The next event of a type; others are left out. */
export async function next(frames: Frames, type: string): Promise<Record<string, unknown>> {
  for (;;) {
    const event = record(JSON.parse((await frames.next()).text));
    if (event["type"] === type) return event;
  }
}

export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return record(await response.json());
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
