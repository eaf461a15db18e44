import { until } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { bodyOf, join, knock, next, password, post, startChat, ticketFor, visit } from "./support.ts";
import type { Attach } from "../src/start.ts";

/** What visitors do with the chat. */
export function describeTalk(attach: Attach): void {
  test("two visitors talk, and see each other come and go", async () => {
    const running = await startChat(attach);
    const [ada, bob] = [await visit(running), await visit(running)];
    const [first, second] = [await join(running, ada.cookie), await join(running, bob.cookie)];
    expect(await next(first, "welcome")).toMatchObject({ you: ada.name, room: "lobby", messages: [] });
    expect(await next(second, "welcome")).toMatchObject({ you: bob.name, people: [ada.name, bob.name] });

    first.send(JSON.stringify({ text: "<b>Hello</b>" }));
    const heard = { name: ada.name, text: "<b>Hello</b>" };
    expect(await next(second, "message")).toMatchObject(heard);
    expect(await next(first, "message")).toMatchObject(heard);

    await first.close();
    expect(await next(second, "people")).toMatchObject({ people: [bob.name] });
  });

  test("the session says who speaks, whatever the page claims", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const socket = await join(running, cookie);
    socket.send(JSON.stringify({ text: "It is me", name: "Somebody Else", you: "Somebody Else" }));
    expect(await next(socket, "message")).toMatchObject({ name, text: "It is me" });
  });

  test("rooms are apart", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const lobby = await join(running, cookie);
    const kitchen = await join(running, cookie, "/chat/kitchen");
    lobby.send(JSON.stringify({ text: "in the lobby" }));
    kitchen.send(JSON.stringify({ text: "in the kitchen" }));
    expect(await next(kitchen, "message")).toMatchObject({ text: "in the kitchen" });
    expect(await next(lobby, "message")).toMatchObject({ text: "in the lobby" });
  });

  test("what is posted over HTTP reaches the sockets, and the other way round", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const socket = await join(running, cookie);
    const post = await fetch(`${running.chatUrl}/api/messages`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify({ room: "lobby", text: "by post" }),
    });
    expect(post.status).toBe(201);
    expect(await next(socket, "message")).toMatchObject({ name, text: "by post" });
    const history = await bodyOf(await fetch(`${running.chatUrl}/api/messages?room=lobby`, { headers: { cookie } }));
    expect(history).toMatchObject({ messages: [{ name, text: "by post" }] });
  });

  test("a session is needed for a ticket, and a ticket for a socket; the cookie is not for scripts nor for other sites", async () => {
    const running = await startChat(attach);
    const login = await post(running, "/api/login", { name: "Grace", password });
    expect(login.headers.get("set-cookie")).toMatch(/^chat_session=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    for (const cookie of ["", "chat_session=made-up"]) {
      expect((await post(running, "/api/ticket", {}, cookie)).status).toBe(401);
      expect((await fetch(`${running.chatUrl}/api/me`, { headers: { cookie } })).status).toBe(401);
    }
    const { cookie } = await visit(running);
    expect((await knock(running, cookie)).status).toBe(401);
    const ticket = await ticketFor(running, cookie);
    const [one, two] = await Promise.all(
      [1, 2].map(() => knock(running, "", { path: `/chat/lobby?ticket=${ticket}` })),
    );
    one?.frames?.destroy();
    two?.frames?.destroy();
    expect([one?.status, two?.status].toSorted((a = 0, b = 0) => a - b)).toEqual([101, 401]);
  });

  test.each([
    [{ name: "", password }, 400, "not-a-name"],
    [{ name: "<b>", password }, 400, "not-a-name"],
    [{ name: { toString: "Ada" }, password }, 400, "not-a-name"],
    [{ name: "Grace", password: "abc" }, 400, "not-a-password"],
    [{}, 400, "not-a-name"],
  ])("logging in with %j: %i %s", async (body, status, problem) => {
    const running = await startChat(attach);
    const response = await post(running, "/api/login", body);
    expect(response.status).toBe(status);
    expect(await bodyOf(response)).toEqual({ problem });
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test("the first to take a name chooses its password, also where two come at once", async () => {
    const running = await startChat(attach);
    const both = await Promise.all(
      ["first one", "second one"].map((password) => post(running, "/api/login", { name: "Ada", password })),
    );
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 401]);
    expect(await visit(running, "Bob")).toMatchObject({ name: "Bob" });
    expect((await post(running, "/api/login", { name: "Bob", password: "another" })).status).toBe(401);
  });

  test("a ticket is for the page that asks: none for another origin, nor for none", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    for (const origin of [running.hostileUrl, "https://evil.test", "null"]) {
      const response = await fetch(`${running.chatUrl}/api/ticket`, { method: "POST", headers: { cookie, origin } });
      expect(response.status).toBe(403);
    }
    expect((await fetch(`${running.chatUrl}/api/ticket`, { method: "POST", headers: { cookie } })).status).toBe(403);
  });

  test("a socket is warned and closed when its stay is over, and a new ticket renews it", async () => {
    const stay = 2000;
    const running = await startChat(attach, { stay });
    const { cookie } = await visit(running);
    const before = Date.now();
    const [left, kept] = [await join(running, cookie), await join(running, cookie)];
    const until = Number((await next(kept, "welcome"))["until"]);
    expect(until).toBeGreaterThanOrEqual(before + stay);
    await next(kept, "expiring");
    kept.send(JSON.stringify({ ticket: await ticketFor(running, cookie) }));
    expect(Number((await next(kept, "renewed"))["until"])).toBeGreaterThan(until);
    expect(await left.nextClose()).toMatchObject({ code: 4401, text: "Token expired" });
    kept.send(JSON.stringify({ text: "still here" }));
    expect(await next(kept, "message")).toMatchObject({ text: "still here" });
  });

  test("somebody else's ticket renews nothing, nor does one that is used up", async () => {
    const running = await startChat(attach);
    const [ada, bob] = [await visit(running), await visit(running)];
    const socket = await join(running, ada.cookie);
    const ticket = await ticketFor(running, ada.cookie);
    socket.send(JSON.stringify({ ticket: await ticketFor(running, bob.cookie) }));
    expect(await next(socket, "problem")).toMatchObject({ problem: "not-renewed" });
    for (const type of ["renewed", "problem"]) {
      socket.send(JSON.stringify({ ticket }));
      await next(socket, type);
    }
    socket.send(JSON.stringify({ text: "Ada still" }));
    expect(await next(socket, "message")).toMatchObject({ name: ada.name });
  });

  test("logging out closes this session's sockets, and everywhere all of theirs; nobody else's", async () => {
    const running = await startChat(attach);
    const ada = await visit(running);
    const [second, bob] = [await visit(running, ada.name), await visit(running)];
    const [one, two, other] = [
      await join(running, ada.cookie),
      await join(running, second.cookie),
      await join(running, bob.cookie),
    ];
    const unused = await ticketFor(running, ada.cookie);
    expect((await post(running, "/api/logout", {}, ada.cookie)).status).toBe(204);
    expect(await one.nextClose()).toMatchObject({ code: 4401, text: "Token revoked" });
    expect((await knock(running, "", { path: `/chat/lobby?ticket=${unused}` })).status).toBe(401);
    expect((await post(running, "/api/ticket", {}, ada.cookie)).status).toBe(401);

    two.send(JSON.stringify({ text: "in the other browser" }));
    expect(await next(other, "message")).toMatchObject({ text: "in the other browser" });
    const third = await visit(running, ada.name);
    const everywhere = await post(running, "/api/logout", { everywhere: true }, third.cookie);
    expect(everywhere.status).toBe(204);
    expect(await two.nextClose()).toMatchObject({ code: 4401 });
    expect((await post(running, "/api/ticket", {}, second.cookie)).status).toBe(401);
    other.send(JSON.stringify({ text: "Bob stays" }));
    expect(await next(other, "message")).toMatchObject({ text: "Bob stays" });
  });

  test("a form, which another origin may post unasked, says nothing", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const response = await fetch(`${running.chatUrl}/api/messages`, {
        method: "POST",
        headers: { cookie, "content-type": type },
        body: JSON.stringify({ room: "lobby", text: "by form" }),
      });
      expect(response.status).toBe(415);
    }
  });

  test.each([
    ["no text", "{}", "not-a-message"],
    ["nothing but space", JSON.stringify({ text: "  " }), "not-a-message"],
    ["no JSON", "hello", "not-a-message"],
    ["bytes", Buffer.from(JSON.stringify({ text: "hello" })), "not-a-message"],
    ["a text that is no text", JSON.stringify({ text: { toString: "hello" } }), "not-a-message"],
    ["more than 500 characters", JSON.stringify({ text: "x".repeat(501) }), "too-long"],
  ])("a message of %s is not passed on", async (_what, sent, problem) => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const socket = await join(running, cookie);
    socket.send(sent);
    expect(await next(socket, "problem")).toMatchObject({ problem });
    socket.send(JSON.stringify({ text: "fine" }));
    expect(await next(socket, "message")).toMatchObject({ text: "fine" });
  });

  test("the longest text fits, whatever it is made of", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const socket = await join(running, cookie);
    const text = "\u0001".repeat(500);
    socket.send(JSON.stringify({ text }));
    expect(await next(socket, "message")).toMatchObject({ text });
  });

  test("a frame beyond 4 KiB closes the socket", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const socket = await join(running, cookie);
    socket.send("x".repeat(5000));
    expect((await socket.nextClose())?.code).toBe(1009);
  });

  test("a visitor who sends too fast is slowed down over all sockets, then cut off", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const [one, two] = [await join(running, cookie), await join(running, cookie)];
    for (let count = 0; count < 9; count++) one.send(JSON.stringify({ text: String(count) }));
    expect(await next(one, "problem")).toMatchObject({ problem: "too-fast" });
    two.send(JSON.stringify({ text: "from the other tab" }));
    expect(await next(two, "problem")).toMatchObject({ problem: "too-fast" });
    for (let count = 0; count < 30; count++) two.send("{}");
    expect((await two.nextClose())?.code).toBe(1008);
  });

  test.each(["/chat/Lobby!", "/chat/%2e%2e", "/chat/-", `/chat/${"x".repeat(33)}`, "/chat/%3Cb%3E"])(
    "%s is no room",
    async (path) => {
      const running = await startChat(attach);
      const { cookie } = await visit(running);
      const socket = await join(running, cookie, path);
      expect(await socket.nextClose()).toMatchObject({ code: 1008, text: "No such room" });
    },
  );

  test("the number of rooms is bounded; an empty one makes place", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const rooms = async (): Promise<unknown> =>
      (await bodyOf(await fetch(`${running.chatUrl}/api/rooms`, { headers: { cookie } })))["rooms"];
    const first = await join(running, cookie, "/chat/room-0");
    for (let count = 1; count < 96; count++) await join(running, cookie, `/chat/room-${count}`);
    expect(await rooms()).toHaveLength(100);
    const refused = await join(running, cookie, "/chat/one-more");
    expect((await refused.nextClose())?.code).toBe(1008);

    await first.close();
    await until(
      async () => JSON.stringify(await rooms()).includes('{"name":"room-0","people":0}'),
      "the room is empty",
    );
    expect(await next(await join(running, cookie, "/chat/one-more"), "welcome")).toMatchObject({ room: "one-more" });
    expect(await rooms()).toHaveLength(100);
  });
}
