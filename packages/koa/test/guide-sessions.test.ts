import { type Frames, handshake, type Target } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { describeGuide, evil, openAs, page } from "../../testing/test/guides.ts";
import { cookieOf, credentialsOf, post, signIn } from "../../testing/test/login.ts";
import * as after from "../docs/sessions/after.ts";
import * as before from "../docs/sessions/before.ts";

const path = "/chat";
async function asks(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe('{"name":"ann"}');
}
const withCookie = (cookie: string) => ({ path, headers: [["Cookie", cookie]] }) as const;

const guide = {
  file: new URL("../docs/sessions.md", import.meta.url),
  before,
  after,
  request: async (target: Target) => withCookie(cookieOf(await signIn(target))),
  use: asks,
};

describeGuide("koa-session without a gate", guide, (before, after) => {
  test("before: other sites get the cookie, and it still opens sockets after a logout", async () => {
    const lines = await signIn(before());
    expect(lines.join()).not.toMatch(/samesite|secure/i);
    const cookie = cookieOf(lines);
    const frames = await openAs(evil, before(), withCookie(cookie));
    await asks(frames);
    expect((await post(before(), "/logout", { origin: evil, cookie })).status).toBe(204);
    frames.send("still open");
    expect((await frames.next()).text).toBe("still open");
    await asks(await openAs(evil, before(), withCookie(cookie)));
  });

  test("after: the cookies are bound to this host and to TLS, and not sent by other sites", async () => {
    const attributes = /^__Host-sid(\.sig)?=[^;]+; path=\/; samesite=lax; secure; httponly$/;
    expect(await signIn(after())).toEqual([expect.stringMatching(attributes), expect.stringMatching(attributes)]);
  });

  test("after: it is refused with 401 without a session", async () => {
    expect((await handshake(after(), { path, origin: page })).status).toBe(401);
    expect((await handshake(after(), { ...withCookie("__Host-sid=forged"), origin: page })).status).toBe(401);
  });

  test("after: a login begins a new session", async () => {
    const cookie = cookieOf(await signIn(after()));
    const next = cookieOf(await signIn(after(), "form", cookie));
    expect(next).not.toBe(cookie);
    expect((await handshake(after(), { ...withCookie(cookie), origin: page })).status).toBe(401);
    await asks(await openAs(page, after(), withCookie(next)));
  });

  test("after: a logout ends the sockets of that session and no others", async () => {
    const [cookie, other] = [cookieOf(await signIn(after())), cookieOf(await signIn(after()))];
    const ending = await openAs(page, after(), withCookie(cookie));
    const kept = await openAs(page, after(), withCookie(other));
    await Promise.all([asks(ending), asks(kept)]);
    expect((await post(after(), "/logout", { cookie })).status).toBe(204);
    expect(await ending.next()).toMatchObject({ kind: "close", code: 4401, text: "Signed out" });
    kept.send("still open");
    expect((await kept.next()).text).toBe("still open");
    expect((await handshake(after(), { ...withCookie(cookie), origin: page })).status).toBe(401);
  });

  test("after: a foreign page can neither sign a visitor in nor out", async () => {
    const cookie = cookieOf(await signIn(after()));
    const body = new URLSearchParams(credentialsOf("eve"));
    for (const path of ["/login", "/logout"])
      expect((await post(after(), path, { origin: evil, cookie, body })).status).toBe(403);
    await asks(await openAs(page, after(), withCookie(cookie)));
  });
});
