import { until } from "@wsorigin/testing";
import { io, type Socket } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Attach, Running } from "../src/start.ts";
import { bodyOf, knock, post, startChat, ticketFor, visit } from "./support.ts";

type Event = Record<string, unknown>;
type Transports = ("polling" | "websocket")[];

/** A session of Socket.IO's own client, and what it has heard. */
interface Guest {
  readonly socket: Socket;
  readonly ended: Promise<string>;
  /** The next event of a type; others are left out. */
  readonly next: (type: string) => Promise<Event>;
}

/** The room that Socket.IO carries. */
export function describeLounge(attach: Attach): void {
  const ways: readonly (readonly [way: string, transports: Transports])[] = [
    ["WebSocket", ["websocket"]],
    ["polling", ["polling"]],
    ["polling, then WebSocket", ["polling", "websocket"]],
  ];

  describe.each(ways)("the Socket.IO room over %s:", (_way, transports) => {
    test("two visitors talk; their tickets say who they are", async () => {
      const running = await startChat(attach);
      const [ada, bob] = [await visit(running), await visit(running)];
      const first = await enter(running, ada.cookie, transports);
      expect(await first.next("welcome")).toMatchObject({ you: ada.name, room: "lounge", messages: [] });
      const second = await enter(running, bob.cookie, transports);
      expect(await second.next("welcome")).toMatchObject({ you: bob.name, people: [ada.name, bob.name] });

      first.socket.emit("say", "<b>Hello</b>");
      const heard = { name: ada.name, text: "<b>Hello</b>" };
      expect(await second.next("message")).toMatchObject(heard);
      expect(await first.next("message")).toMatchObject(heard);
      expect(await roomsOf(running, ada.cookie)).toContainEqual({ name: "lounge", people: 2 });
      expect(running.lines.join("\n")).not.toContain("nobody-asked");

      first.socket.disconnect();
      await until(
        async () => JSON.stringify(await roomsOf(running, bob.cookie)).includes('"lounge","people":1'),
        "one has left",
      );
    });

    test("logging out everywhere ends the sessions of all browsers, and nobody else's", async () => {
      const running = await startChat(attach);
      const ada = await visit(running);
      const [second, bob] = [await visit(running, ada.name), await visit(running)];
      const guests = await Promise.all([ada, second, bob].map(({ cookie }) => enter(running, cookie, transports)));
      for (const guest of guests) await guest.next("welcome");
      const [one, two, other] = guests;
      expect((await post(running, "/api/logout", { everywhere: true }, ada.cookie)).status).toBe(204);
      await Promise.all([one?.ended, two?.ended]);
      other?.socket.emit("say", "Bob stays");
      expect(await other?.next("message")).toMatchObject({ text: "Bob stays" });
      expect((await post(running, "/api/ticket", {}, second.cookie)).status).toBe(401);
    });
  });

  test("a session ends with its ticket, unless another one renews it", async () => {
    const running = await startChat(attach, { stay: 3000 });
    const { cookie } = await visit(running);
    const transports: Transports = ["polling", "websocket"];
    const [left, kept] = [await enter(running, cookie, transports), await enter(running, cookie, transports)];
    const until = Number((await kept.next("welcome"))["until"]);
    kept.socket.emit("renew", "made-up");
    expect(await kept.next("problem")).toMatchObject({ problem: "not-renewed" });
    kept.socket.emit("renew", await ticketFor(running, cookie));
    expect(Number((await kept.next("renewed"))["until"])).toBeGreaterThan(until);
    await left.ended;
    kept.socket.emit("say", "still here");
    expect(await kept.next("message")).toMatchObject({ text: "still here" });
  });

  test("what is posted over HTTP reaches the Socket.IO room; no socket of the chat's own enters it", async () => {
    const running = await startChat(attach);
    const { cookie, name } = await visit(running);
    const guest = await enter(running, cookie, ["websocket"]);
    await guest.next("welcome");
    expect((await post(running, "/api/messages", { room: "lounge", text: "by post" }, cookie)).status).toBe(201);
    expect(await guest.next("message")).toMatchObject({ name, text: "by post" });
    const { frames } = await knock(running, cookie, {
      path: `/chat/lounge?ticket=${await ticketFor(running, cookie)}`,
    });
    expect(await frames?.nextClose()).toMatchObject({ code: 1008, text: "No such room" });
    frames?.destroy();
  });

  test("what a page sends to the Socket.IO room is looked at as in every other", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const { socket, next, ended } = await enter(running, cookie, ["websocket"]);
    for (const [sent, problem] of [
      [{ toString: "hello" }, "not-a-message"],
      ["  ", "not-a-message"],
      ["x".repeat(501), "too-long"],
    ] as const) {
      socket.emit("say", sent);
      expect(await next("problem")).toMatchObject({ problem });
    }
    socket.emit("renew", { toString: "hello" });
    expect(await next("problem")).toMatchObject({ problem: "not-renewed" });
    for (let count = 0; count < 30; count++) socket.emit("say", String(count));
    expect(await next("problem")).toMatchObject({ problem: "too-fast" });
    await ended;
  });

  test("Socket.IO serves its own client, beside the app", async () => {
    const running = await startChat(attach);
    const client = await fetch(`${running.chatUrl}/socket.io/socket.io.esm.min.js`);
    expect([client.status, client.headers.get("content-type")]).toEqual([200, "application/javascript; charset=utf-8"]);
    expect((await fetch(`${running.chatUrl}/socket.io/`)).status).not.toBe(200);
  });
}

/** Enters as a page of the chat's own would, with a ticket of its own. */
async function enter(running: Running, cookie: string, transports: Transports): Promise<Guest> {
  const socket = io(running.chatUrl, {
    transports,
    query: { ticket: await ticketFor(running, cookie) },
    extraHeaders: { Origin: running.chatUrl },
    reconnection: false,
    forceNew: true,
  });
  onTestFinished(() => void socket.disconnect());
  const events: Event[] = [];
  socket.on("event", (event: Event) => events.push(event));
  const ended = new Promise<string>((resolve) => void socket.on("disconnect", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const upgraded = (): boolean => socket.io.engine.transport.name === transports.at(-1);
  await until(upgraded, `it is carried by ${transports.at(-1)}`);
  const take = (type: string): Event | undefined => {
    const index = events.findIndex((event) => event["type"] === type);
    return index < 0 ? undefined : events.splice(0, index + 1).at(-1);
  };
  const next = async (type: string): Promise<Event> => {
    let event: Event | undefined;
    await until(() => (event ??= take(type)) !== undefined, `there is an event "${type}"`);
    return event ?? {};
  };
  return { socket, ended, next };
}

async function roomsOf({ chatUrl }: Running, cookie: string): Promise<unknown> {
  return (await bodyOf(await fetch(`${chatUrl}/api/rooms`, { headers: { cookie } })))["rooms"];
}
