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

/** Opens the page as a new visitor: the cookie, and the name that goes with it. */
export async function visit({ chatUrl }: Running): Promise<{ readonly cookie: string; readonly name: string }> {
  const page = await fetch(chatUrl);
  const cookie = page.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const me = await fetch(`${chatUrl}/api/me`, { headers: { cookie } });
  const { name } = await bodyOf(me);
  return { cookie, name: String(name) };
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

/** Opens a socket that is let go when the test ends. */
export async function join(running: Running, cookie: string, path = "/chat/lobby"): Promise<Frames> {
  const { status, frames } = await knock(running, cookie, { path });
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
