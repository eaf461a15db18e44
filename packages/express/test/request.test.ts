import { handshake } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { majors } from "./majors.ts";
import { page, startApp } from "./support.ts";

const forwarded = [
  ["X-Forwarded-For", "203.0.113.7"],
  ["X-Forwarded-Host", "api.example:8443"],
  ["X-Forwarded-Proto", "https"],
] as const;

describe.each(majors)("$name: the request that a handler gets", ({ express }) => {
  async function see(trust: unknown, headers: readonly (readonly [string, string])[] = []): Promise<unknown> {
    const app = express();
    app.set("trust proxy", trust);
    const { port, gate } = await startApp(app);
    gate.route("/chat/:room", (socket, { request, ip, params }) => {
      const { hostname, protocol, secure, originalUrl } = request;
      const user = request.get("X-User");
      socket.send(JSON.stringify({ ip, own: request.ip, hostname, protocol, secure, originalUrl, user, params }));
    });
    const answer = await handshake(
      { port },
      { path: "/chat/lobby?x=1", origin: page, headers: [["X-User", "ann"], ...headers] },
    );
    const frame = await answer.frames?.next();
    answer.frames?.destroy();
    return JSON.parse(String(frame?.data));
  }

  test("is Express's own", async () => {
    expect(await see(false)).toEqual({
      ip: "127.0.0.1",
      own: "127.0.0.1",
      hostname: "127.0.0.1",
      protocol: "http",
      secure: false,
      originalUrl: "/chat/lobby?x=1",
      user: "ann",
      params: { room: "lobby" },
    });
  });

  test("believes no forwarded field without trust proxy", async () => {
    expect(await see(false, forwarded)).toMatchObject({ ip: "127.0.0.1", hostname: "127.0.0.1", protocol: "http" });
  });

  test("honours trust proxy", async () => {
    expect(await see("loopback", forwarded)).toMatchObject({
      ip: "203.0.113.7",
      own: "203.0.113.7",
      hostname: "api.example",
      protocol: "https",
      secure: true,
    });
  });

  test("honours a trust function that names another proxy", async () => {
    expect(await see((ip: string) => ip === "192.0.2.1", forwarded)).toMatchObject({
      ip: "127.0.0.1",
      hostname: "127.0.0.1",
    });
  });
});

describe.each(majors)("$name: the policy and trust proxy", ({ express }) => {
  async function decide(trust: unknown, host: string): Promise<string | undefined> {
    const app = express();
    app.set("trust proxy", trust);
    const { port, gate, events } = await startApp(app);
    gate.route("/chat", () => {});
    const answer = await handshake({ port }, { path: "/chat", origin: page, headers: [["X-Forwarded-Host", host]] });
    answer.frames?.destroy();
    return events[0]?.decision.code;
  }

  test("a trusted proxy's Host is checked, with its port", async () => {
    expect(await decide("loopback", "api.example:8443")).toBe("origin-listed");
    expect(await decide("loopback", "api.example:9999")).toBe("host-not-listed");
    expect(await decide("loopback", "evil.test")).toBe("host-not-listed");
  });

  test("of several forwarded Hosts the first counts, as in Express", async () => {
    expect(await decide("loopback", "api.example:8443, evil.test")).toBe("origin-listed");
    expect(await decide("loopback", "evil.test, api.example:8443")).toBe("host-not-listed");
  });

  test("an untrusted proxy's Host is not even read", async () => {
    expect(await decide(false, "evil.test")).toBe("origin-listed");
  });

  test("a trust function that throws refuses, and the server lives", async () => {
    const app = express();
    app.set("trust proxy", () => {
      throw new Error("broken");
    });
    const { port, gate, errors } = await startApp(app);
    gate.route("/chat", () => {});
    expect((await handshake({ port }, { path: "/chat", origin: page })).status).toBe(503);
    expect((await handshake({ port }, { path: "/chat", origin: page })).status).toBe(503);
    expect(errors).toHaveLength(2);
  });
});
