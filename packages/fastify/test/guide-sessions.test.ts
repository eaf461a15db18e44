import { type Frames, handshake, type Target } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { describeGuide, evil, openAs, page } from "../../testing/test/guides.ts";
import { cookieOf, credentialsOf, post, signIn } from "../../testing/test/login.ts";
import * as after from "../docs/sessions/after.ts";
import * as before from "../docs/sessions/before.ts";

const path = "/chat";
/** The same site as the app: the browser sends it cookies with SameSite=Lax. */
const sibling = "https://blog.example.com";
async function asks(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe('{"name":"ann"}');
}
const withCookie = (cookie: string) => ({ path, headers: [["Cookie", cookie]] }) as const;

const guide = {
  file: new URL("../docs/sessions.md", import.meta.url),
  before,
  after,
  request: async (target: Target) => withCookie(cookieOf(await signIn(target, "json"))),
  use: asks,
  stranger: sibling,
};

describeGuide("@fastify/session without a gate", guide, (before, after) => {
  test("before: the site's other hosts get the cookie, and a logout leaves the socket open", async () => {
    const lines = await signIn(before(), "json");
    expect(lines).toEqual([expect.stringMatching(/^sessionId=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)]);
    const cookie = cookieOf(lines);
    const frames = await openAs(sibling, before(), withCookie(cookie));
    await asks(frames);
    expect((await post(before(), "/logout", { origin: sibling, cookie })).status).toBe(204);
    frames.send("still open");
    expect((await frames.next()).text).toBe("still open");
  });

  test("after: the cookie is bound to this host and to TLS, and not sent by other sites", async () => {
    expect(await signIn(after(), "json")).toEqual([
      expect.stringMatching(/^__Host-sid=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
  });

  test("after: it is refused with 401 without a session", async () => {
    expect((await handshake(after(), { path, origin: page })).status).toBe(401);
    expect((await handshake(after(), { ...withCookie("__Host-sid=forged"), origin: page })).status).toBe(401);
  });

  test("after: a login begins a new session", async () => {
    const cookie = cookieOf(await signIn(after(), "json"));
    const next = cookieOf(await signIn(after(), "json", cookie));
    expect(next).not.toBe(cookie);
    expect((await handshake(after(), { ...withCookie(cookie), origin: page })).status).toBe(401);
    await asks(await openAs(page, after(), withCookie(next)));
  });

  test("after: a logout ends the sockets of that session and no others", async () => {
    const [cookie, other] = [cookieOf(await signIn(after(), "json")), cookieOf(await signIn(after(), "json"))];
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
    const cookie = cookieOf(await signIn(after(), "json"));
    const body = JSON.stringify(credentialsOf("eve"));
    for (const origin of [evil, sibling])
      for (const path of ["/login", "/logout"])
        expect((await post(after(), path, { origin, cookie, body })).status).toBe(403);
    await asks(await openAs(page, after(), withCookie(cookie)));
  });
});
