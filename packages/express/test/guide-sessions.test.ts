import { type Frames, handshake, type Target } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { describeGuide, evil, openAs, page } from "../../testing/test/guides.ts";
import { cookieOf, credentialsOf, post, signIn } from "../../testing/test/login.ts";
import * as after from "../docs/sessions/after.ts";
import * as before from "../docs/sessions/before.ts";

const socketIo = "/socket.io/?EIO=4&transport=websocket";

/** What Socket.IO's client does to join, then asks who it is. */
async function asks(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toMatch(/^0\{/);
  frames.send("40");
  expect((await frames.next()).text).toMatch(/^40\{/);
  frames.send('421["who"]');
  expect((await frames.next()).text).toBe('431[{"name":"ann"}]');
}

async function signedIn(target: Target): Promise<{ readonly path: string; readonly headers: [[string, string]] }> {
  return { path: socketIo, headers: [["Cookie", cookieOf(await signIn(target))]] };
}

const guide = {
  file: new URL("../docs/sessions.md", import.meta.url),
  before,
  after,
  request: signedIn,
  use: asks,
};

describeGuide("express-session and passport without a gate", guide, (before, after) => {
  test("before: other sites get the cookie, and a logout leaves the socket open", async () => {
    const lines = await signIn(before());
    expect(lines).toEqual([expect.not.stringMatching(/SameSite|Secure/)]);
    const cookie = cookieOf(lines);
    const frames = await openAs(evil, before(), { path: socketIo, headers: [["Cookie", cookie]] });
    await asks(frames);
    expect((await post(before(), "/logout", { origin: evil, cookie })).status).toBe(204);
    frames.send('421["who"]');
    expect((await frames.next()).text).toBe('431[{"name":"ann"}]');
  });

  test("after: the cookie is bound to this host and to TLS, and not sent by other sites", async () => {
    expect(await signIn(after())).toEqual([
      expect.stringMatching(/^__Host-sid=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
  });

  test.each(["/chat", socketIo])("after: %s is refused with 401 without a session", async (path) => {
    expect((await handshake(after(), { path, origin: page })).status).toBe(401);
    const headers = [["Cookie", "__Host-sid=s%3Aforged.signature"]] as const;
    expect((await handshake(after(), { path, origin: page, headers })).status).toBe(401);
  });

  test("after: a logout ends the sockets of that session, whoever opened them, and no others", async () => {
    const [cookie, other] = [cookieOf(await signIn(after())), cookieOf(await signIn(after()))];
    const open = (path: string, cookie: string) => openAs(page, after(), { path, headers: [["Cookie", cookie]] });
    const [route, delegated, kept] = [
      await open("/chat", cookie),
      await open(socketIo, cookie),
      await open(socketIo, other),
    ];
    expect((await route.next()).text).toBe('{"name":"ann"}');
    await asks(delegated);
    expect((await post(after(), "/logout", { cookie })).status).toBe(204);
    for (const frames of [route, delegated])
      expect(await frames.nextClose()).toMatchObject({ code: 4401, text: "Signed out" });
    await asks(kept);
    const headers = [["Cookie", cookie]] as const;
    expect((await handshake(after(), { path: "/chat", origin: page, headers })).status).toBe(401);
  });

  test("after: a foreign page can neither sign a visitor in nor out", async () => {
    const cookie = cookieOf(await signIn(after()));
    const body = new URLSearchParams(credentialsOf("eve"));
    for (const path of ["/login", "/logout"])
      expect((await post(after(), path, { origin: evil, cookie, body })).status).toBe(403);
    await asks(await openAs(page, after(), { path: socketIo, headers: [["Cookie", cookie]] }));
  });
});
