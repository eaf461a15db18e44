import { describe, expect, test } from "vitest";
import { echo, open, start } from "./support.ts";

describe("gate.disconnect", () => {
  test("closes those that the predicate picks, and nobody else", async () => {
    const { gate, target } = await start();
    gate.route("/chat/:room", echo);
    const [first, second] = [await open(target, { path: "/chat/one" }), await open(target, { path: "/chat/two" })];
    expect(
      gate.disconnect(
        (connection) => connection.route !== undefined && Reflect.get(Object(connection.params), "room") === "one",
        4401,
        "logged out",
      ),
    ).toBe(1);
    expect(await first.nextClose()).toMatchObject({ code: 4401, text: "logged out" });
    second.send("still here");
    expect(String((await second.next()).data)).toBe("still here");
    expect(gate.disconnect(() => false)).toBe(0);
  });

  test("closes with 1008 unless told otherwise", async () => {
    const { gate, target } = await start();
    gate.route("/chat", echo);
    const frames = await open(target, { path: "/chat" });
    gate.disconnect(() => true);
    expect(await frames.nextClose()).toMatchObject({ code: 1008 });
  });

  test("delivers nothing that comes after it: a peer may take its time to answer the close", async () => {
    const { gate, target } = await start();
    const heard: string[] = [];
    gate.route("/chat", (socket) => {
      socket.on("message", (data) => {
        heard.push(Buffer.isBuffer(data) ? data.toString() : "fragments");
        socket.send("heard");
      });
      socket.addEventListener("message", () => heard.push("an event"));
    });
    const frames = await open(target, { path: "/chat" });
    frames.send("before");
    await frames.next();
    gate.disconnect(() => true);
    frames.send("after");
    await frames.nextClose();
    await frames.close();
    expect(heard).toEqual(["before", "an event"]);
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])(
    "refuses the code %s, and closes nothing",
    async (code) => {
      const { gate, target } = await start();
      gate.route("/chat", echo);
      await open(target, { path: "/chat" });
      expect(() => gate.disconnect(() => true, code)).toThrow(RangeError);
      expect(gate.connections.size).toBe(1);
    },
  );

  test.each([1000, 1001, 1011, 1014, 3000, 4999])("sends the code %d", async (code) => {
    const { gate, target } = await start();
    gate.route("/chat", echo);
    const frames = await open(target, { path: "/chat" });
    gate.disconnect(() => true, code);
    expect((await frames.close())?.code).toBe(code);
  });

  test("refuses a reason that no close frame holds: it is bytes that count", async () => {
    const { gate, target } = await start();
    gate.route("/chat", echo);
    const frames = await open(target, { path: "/chat" });
    expect(() => gate.disconnect(() => true, 1008, "\u20ac".repeat(42))).toThrow(/close reason is longer/);
    gate.disconnect(() => true, 1008, "\u20ac".repeat(41));
    expect((await frames.close())?.text).toBe("\u20ac".repeat(41));
  });
});
