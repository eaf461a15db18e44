import { createServer } from "node:http";
import { type Frames, handshake } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { describeGuide, openAs, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/app-origins/after.ts";
import * as before from "../docs/app-origins/before.ts";
import { bearerProtocol, cookie, createPolicy, grant, guard, PolicyError, refuse } from "../src/index.ts";

const path = "/chat";
const asPage = { path, headers: [["Sec-WebSocket-Protocol", "chat.v1, bearer.token-of-ann"]] } as const;
const asProgram = { path, headers: [["Authorization", "Bearer token-of-ann"]] } as const;

async function chats(frames: Frames): Promise<void> {
  frames.send("hello");
  expect((await frames.next()).text).toBe("hello");
}

const guide = {
  file: new URL("../docs/app-origins.md", import.meta.url),
  before,
  after,
  request: asPage,
  use: chats,
  stranger: "https://localhost.evil.test",
  refusesMissing: "401 Unauthorized",
};

describeGuide("an origin check that lets apps in", guide, (before, after) => {
  test.each(["null", "file://", null])("before: every site can send what the desktop app does (%s)", async (origin) => {
    const { frames } = await handshake(before(), { path, origin });
    expect(frames).toBeDefined();
    frames?.destroy();
  });

  test.each(["app://bundle", "capacitor://localhost", "ionic://localhost", "https://localhost"])(
    "after: the app of %s gets in, with its token",
    async (origin) => {
      await chats(await openAs(origin, after(), asPage));
      expect((await handshake(after(), { path, origin })).status).toBe(401);
    },
  );

  test("after: the token is not echoed", async () => {
    const answer = await handshake(after(), { ...asPage, origin: "app://bundle" });
    answer.frames?.destroy();
    expect(answer.header("Sec-WebSocket-Protocol")).toBe("chat.v1");
  });

  test.each([
    ["null", 403],
    ["file://", 403],
    ["http://localhost", 403],
    ["http://localhost:8100", 403],
    ["https://localhost:8443", 403],
    ["app://other", 403],
    ["app://bundle/", 400],
    ["capacitor://localhost.evil.test", 403],
    ["tauri://localhost", 403],
  ])("after: %s is refused, whatever its token (%i)", async (origin, status) => {
    for (const request of [asPage, asProgram])
      expect((await handshake(after(), { ...request, origin })).status).toBe(status);
  });

  test("after: a program without an Origin gets in with a token in its header only", async () => {
    const { frames } = await handshake(after(), asProgram);
    if (frames === undefined) throw new Error("It was refused.");
    await chats(frames);
    frames.destroy();
    expect((await handshake(after(), { path, headers: [["Authorization", "Bearer wrong"]] })).status).toBe(401);
  });
});

test.each(["file://", "null", "app://*", "app://bundle/index.html"])("%s is not an entry of the list", (origin) => {
  expect(() => createPolicy({ origins: [origin] })).toThrow(PolicyError);
});

test("a file page that must stay gets in with a token, on the route whose policy says so only", async () => {
  const opaque = { origins: [], opaqueOrigin: "dangerously-allow" } as const;
  const verify = (token: string) => (token === "token-of-ann" ? grant({ principal: "ann" }) : refuse("invalid"));
  expect(() => createPolicy({ ...opaque, token: { from: [cookie("sid")], verify } })).toThrow(PolicyError);
  const server = createServer();
  const gate = guard<string | undefined>(server, {
    policy: createPolicy({ origins: [] }),
    protocols: ["chat.v1"],
    log: false,
  });
  const policy = createPolicy({ ...opaque, token: { from: [bearerProtocol()], verify } });
  gate.route("/chat", () => {});
  gate.route("/desktop", { policy }, (socket) => socket.send("hello"));
  const target = await started(running(server.listen(0, "127.0.0.1")));
  const request = { headers: asPage.headers, origin: "null" };
  expect((await handshake(target, { ...request, path: "/chat" })).status).toBe(403);
  expect((await handshake(target, { path: "/desktop", origin: "null" })).status).toBe(401);
  expect((await (await openAs("null", target, { ...request, path: "/desktop" })).next()).text).toBe("hello");
});
