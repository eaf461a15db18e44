import type { Frames, HandshakeRequest } from "@wsorigin/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Attach, Running } from "../src/start.ts";
import { knock, next, startChat, ticketFor, visit } from "./support.ts";

/** The same rooms, by a token from each of its places. */
export function describeDoors(attach: Attach): void {
  /** An open socket, let go when the test ends. */
  async function enter(running: Running, cookie: string, request: HandshakeRequest): Promise<Frames> {
    const { status, frames } = await knock(running, cookie, request);
    expect(status).toBe(101);
    if (frames === undefined) throw new Error("There is no open socket.");
    onTestFinished(() => frames.destroy());
    return frames;
  }

  const protocols = (...names: readonly string[]): HandshakeRequest => ({
    path: "/by-protocol/lobby",
    headers: [["Sec-WebSocket-Protocol", names.join(", ")]],
  });

  test("a ticket among the subprotocols opens, once, and is not echoed", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const offer = protocols("chat.v1", `bearer.${await ticketFor(running, cookie)}`);
    const answer = await knock(running, "", offer);
    onTestFinished(() => answer.frames?.destroy());
    expect([answer.status, answer.header("sec-websocket-protocol")]).toEqual([101, "chat.v1"]);
    expect(answer.frames && (await next(answer.frames, "welcome"))).toMatchObject({ you: name });
    expect((await knock(running, "", offer)).status).toBe(401);
    expect((await knock(running, cookie, protocols("chat.v1"))).status).toBe(401);
    expect(running.lines.join("\n")).not.toContain("bearer.");
  });

  test("a ticket in the first message opens; nothing is told before", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const socket = await enter(running, "", { path: "/by-message/lobby" });
    socket.send(JSON.stringify({ ticket: await ticketFor(running, cookie) }));
    expect(await next(socket, "welcome")).toMatchObject({ you: name });
    for (const message of ['{"ticket":"made-up"}', '{"text":"hello"}', "hello"]) {
      const other = await enter(running, "", { path: "/by-message/lobby" });
      other.send(message);
      expect((await other.nextClose())?.code).toBe(4401);
    }
  });

  test("the session's cookie opens for the chat's page alone, until its visitor logs out", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const path = "/by-cookie/lobby";
    const socket = await enter(running, cookie, { path });
    expect(await next(socket, "welcome")).toMatchObject({ you: name, until: null });
    expect((await knock(running, cookie, { path, origin: running.hostileUrl })).status).toBe(403);
    expect((await knock(running, "chat_session=made-up", { path })).status).toBe(401);
    const headers = { cookie, origin: running.chatUrl, "content-type": "application/json" };
    await fetch(`${running.chatUrl}/api/logout`, { method: "POST", headers, body: "{}" });
    expect(await socket.nextClose()).toMatchObject({ code: 4401, text: "Token revoked" });
    expect((await knock(running, cookie, { path })).status).toBe(401);
  });

  test("a program without an Origin brings its token in a header; a cookie does not stand in for it", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const bearer = [["Authorization", `Bearer ${cookie.split("=")[1]}`]] as const;
    const path = "/by-header/lobby";
    const socket = await enter(running, "", { path, origin: null, headers: bearer });
    expect(await next(socket, "welcome")).toMatchObject({ you: name });
    expect((await knock(running, cookie, { path, origin: null })).status).toBe(401);
    expect((await knock(running, "", { path, origin: running.hostileUrl, headers: bearer })).status).toBe(403);
  });

  test("where page code is to be told, it is accepted and closed with the reason", async () => {
    const running = await startChat(attach);
    const evil = await enter(running, "", { path: "/told/lobby", origin: running.hostileUrl });
    expect(await evil.nextClose()).toMatchObject({ code: 4403, text: "Forbidden" });
    const nobody = await enter(running, "", { path: "/told/lobby" });
    nobody.send('{"text":"hello"}');
    expect(await nobody.nextClose()).toMatchObject({ code: 4401, text: "Unauthorized" });
    const { cookie } = await visit(running);
    const socket = await enter(running, "", { path: `/told/lobby?ticket=${await ticketFor(running, cookie)}` });
    expect(await next(socket, "welcome")).toMatchObject({ messages: [] });
  });
}
