import assert from "node:assert/strict";
import { grant, type PolicyOptions, queryParam, refuse } from "@wsorigin/core";
import { frameBytes } from "../../client/frame.ts";
import { Foreign } from "../foreign.ts";
import type { Kit } from "../kit.ts";
import { evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../stage.ts";

/** A way in which a handshake or a socket ends. */
interface Exit {
  readonly name: string;
  readonly setup?: StageSetup;
  /** Opens, or tries to, and ends. */
  readonly leave: (kit: Kit) => Promise<void>;
}

const tokenPolicy: PolicyOptions<unknown> = {
  origins: [pageOrigin],
  token: {
    from: [queryParam("token")],
    required: false,
    verify: (token) => (token === "throw" ? Promise.reject(new Error("no database")) : refuse("invalid")),
  },
};

/** The ways in which a connection that holds a place of maxConnections ends. */
const exits: readonly Exit[] = [
  {
    name: "the client closes",
    leave: async (kit) => void (await (await kit.open()).frames.close()),
  },
  {
    name: "the client resets",
    async leave(kit) {
      const attempt = await kit.begin();
      await (await attempt.answer()).frames?.next();
      attempt.reset();
    },
  },
  {
    name: "the client sends its FIN",
    async leave(kit) {
      const attempt = await kit.begin();
      await (await attempt.answer()).frames?.next();
      attempt.end();
    },
  },
  {
    name: "the client breaks the protocol",
    async leave(kit) {
      const { frames } = await kit.open();
      frames.write(frameBytes("text", "bare", { masked: false }));
      await frames.nextClose();
      frames.destroy();
    },
  },
  {
    name: "the client resets at once",
    leave: async (kit) => void (await kit.ask({ afterwards: "reset" })),
  },
  {
    name: "the handshake is refused",
    leave: async (kit) => void (await kit.refused({ origin: evilOrigin }, 403, "origin-not-listed")),
  },
  {
    name: "the handshake is malformed",
    leave: async (kit) => void (await kit.refused({ method: "POST" }, 400, "handshake-malformed")),
  },
  {
    name: "the token is refused",
    setup: { policy: tokenPolicy },
    leave: async (kit) => void (await kit.refused({ path: "/chat/lobby?token=bad" }, 401, "token-invalid")),
  },
  {
    name: "the verifier fails",
    setup: { policy: tokenPolicy },
    leave: async (kit) => void (await kit.refused({ path: "/chat/lobby?token=throw" }, 503, "verifier-failed")),
  },
  {
    name: 'it is refused with refuseWith "close"',
    setup: { options: { refuseWith: "close" } },
    async leave(kit) {
      const frames = await kit.connect({ origin: evilOrigin });
      assert.equal((await frames.nextClose())?.code, 4403);
      frames.destroy();
    },
  },
  {
    name: "Connection was lost",
    leave: async (kit) => void (await kit.refused({ omit: ["connection"] }, 426, "upgrade-stripped")),
  },
  ...["/throws", "/rejects"].map((path): Exit => ({
    name: `the handler of ${path} fails`,
    async leave(kit) {
      const frames = await kit.connect({ path });
      assert.equal((await frames.nextClose())?.code, 1011);
      frames.destroy();
    },
  })),
  {
    name: "no upgrade listener answers",
    setup: { after: new Foreign(false).attach, options: { grace: 50 } },
    leave: async (kit) => void (await kit.refused({ path: "/foreign" }, 404, "route-not-found")),
  },
  {
    name: "an upgrade listener throws",
    setup: {
      options: { grace: 50 },
      after: (server) =>
        void server.on("upgrade", () => {
          throw new Error("on purpose");
        }),
    },
    leave: async (kit) => void (await kit.ask({ path: "/foreign" })),
  },
  {
    name: "an upgrade listener responds with an error",
    setup: {
      after: (server) =>
        void server.on("upgrade", (_request, socket) =>
          socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        ),
    },
    leave: async (kit) => void (await kit.ask({ path: "/foreign" })),
  },
  {
    name: "an upgrade listener destroys the socket",
    setup: { after: (server) => void server.on("upgrade", (_request, socket) => socket.destroy()) },
    leave: async (kit) => void (await kit.ask({ path: "/foreign" })),
  },
  {
    name: "the client of an upgrade listener resets",
    setup: { after: new Foreign().attach },
    async leave(kit) {
      const attempt = await kit.begin({ path: "/foreign" });
      assert.equal((await attempt.answer()).status, 101);
      attempt.reset();
    },
  },
  {
    name: "a request listener responds with an error",
    setup: {
      answer(_request, response) {
        response.writeHead(401, { "Content-Length": 0, Connection: "close" }).end();
        return true;
      },
    },
    leave: async (kit) => void (await kit.ask({ path: "/own" })),
  },
  {
    name: "a request listener throws the connection away",
    setup: {
      answer(request) {
        request.socket.destroy();
        return true;
      },
    },
    leave: async (kit) => void (await kit.ask({ path: "/own" })),
  },
  {
    name: "a message is longer than maxPayload",
    setup: { options: { maxPayload: 100 } },
    async leave(kit) {
      const { frames } = await kit.open();
      frames.send("x".repeat(101));
      assert.equal((await frames.nextClose())?.code, 1009);
      frames.destroy();
    },
  },
  {
    name: "its token ends",
    setup: {
      policy: {
        origins: [pageOrigin],
        token: {
          from: [queryParam("token")],
          required: false,
          verify: () => grant({ principal: 1, expiresAt: Date.now() + 300 }),
        },
      },
    },
    async leave(kit) {
      const frames = await kit.connect({ path: "/chat/lobby?token=short" });
      assert.equal((await frames.nextClose())?.code, 4401);
      frames.destroy();
    },
  },
];

function freesPlace(limit: "maxConnections" | "maxConnectionsPerIp", { name, setup, leave }: Exit): Row {
  return {
    name: `${limit}: the place is free again when ${name}`,
    async run(stage) {
      const kit = await stage.start({ ...setup, options: { ...setup?.options, [limit]: 1 } });
      for (let round = 0; round < 2; round++) {
        await leave(kit);
        await kit.sockets(0);
      }
      await kit.works();
    },
  };
}

const rows: readonly Row[] = [
  ...exits.map((exit) => freesPlace("maxConnections", exit)),
  ...exits.map((exit) => freesPlace("maxConnectionsPerIp", exit)),
];

export const slotsTheme: Theme = { name: "Places of open sockets", rows };
