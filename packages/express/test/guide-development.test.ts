import { createServer } from "node:http";
import { type Frames, handshake } from "@wsorigin/testing";
import express from "express";
import { createServer as createViteServer } from "vite";
import { describe, expect, test } from "vitest";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { run, running } from "../../testing/test/program.ts";
import { api, load } from "./development-setup.ts";
import { bearerProtocol, createPolicy, grant, guard, PolicyError, refuse } from "../src/index.ts";

const folder = new URL("../docs/development/", import.meta.url);
const extension = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";
const mozExtension = "moz-extension://902a824a-4b49-4014-952f-bcba46743f26";
const preview = "https://my-app-git-x-team.vercel.app";

async function echoes(frames: Frames): Promise<void> {
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

const guide = {
  file: new URL("../docs/development.md", import.meta.url),
  before: { listen: async (port: number) => (await load("before")).listen(port) },
  after: { listen: async (port: number) => (await load("after", { NODE_ENV: "production" })).listen(port) },
  request: { path: "/chat" },
  use: echoes,
};

describeGuide("a check that NODE_ENV turns off", guide, () => {
  test.each([undefined, "test", "Production"])("before: NODE_ENV=%s lets every page in", async (NODE_ENV) => {
    const target = await started(run(await load("before", { NODE_ENV })));
    await expect(openAs(evil, target, { path: "/chat" }).then(echoes)).resolves.toBeUndefined();
  });

  test("before: in production, a page of the pattern's look-alike gets in, and one of localhost if the list is forgotten", async () => {
    const lookAlike = "https://my-app-x.vercel.app.evil.test";
    const production = { NODE_ENV: "production", ALLOWED_ORIGINS: undefined };
    const target = await started(run(await load("before", production)));
    for (const origin of [lookAlike, "http://localhost:5173"])
      await expect(openAs(origin, target, { path: "/chat" }).then(echoes)).resolves.toBeUndefined();
  });
});

describe("the API in development", () => {
  test.each([
    ["Vite's page", "http://localhost:5173", "localhost:3000"],
    ["Storybook", "http://localhost:6006", "localhost:3000"],
    ["a phone", "http://192.168.1.5:5173", "192.168.1.5:3000"],
    ["a preview deployment", preview, "localhost:3000"],
    ["the page in production", page, "api.example.com"],
    ["a container beside it", "http://localhost:5173", "api:3000"],
    ["Vite's proxy in a container", "http://localhost:5173", "localhost:5173"],
  ])("%s gets in", async (_name, origin, hostHeader) => {
    expect(await (await api()).open(origin, { hostHeader })).toBe(101);
  });

  test("a browser in a container gets in by the names of the two containers", async () => {
    const { open } = await api({ LAN_ORIGINS: "http://web:5173" });
    expect(await open("http://web:5173", { hostHeader: "api:3000" })).toBe(101);
  });

  test.each([
    ["http://localhost:3001", 'If a page of this port is yours too, add "http://localhost:3001" to `origins`'],
    ["http://127.0.0.1:5173", '"http://localhost:5173" is listed, which is the same machine under another name'],
    [
      "http://192.168.1.6:5173",
      'add "http://192.168.1.6:5173" to `origins` and to dangerouslyAllowInsecureOrigins, because it is plain http',
    ],
    ["https://my-app-2hq1a-team.vercel.app", "or decide with a `directory` if each deployment has a name of its own"],
    ["file://", "Serve the page from a scheme of its own"],
    ["null", "a sandboxed frame, a data: or file: page"],
    [extension, `add "${extension}" to \`origins\``],
    [mozExtension, 'decide with directory: { has: (origin) => origin.startsWith("moz-extension://") }'],
    [
      "vscode-webview://0f6b0f6e1c5c",
      'decide with directory: { has: (origin) => origin.startsWith("vscode-webview://") }',
    ],
    ["app://bundle", 'add "app://bundle" to `origins`'],
    ["capacitor://localhost", 'add "capacitor://localhost" to `origins`'],
  ])("%s is refused, and the log says what to write", async (origin, advice) => {
    const { open, log } = await api();
    expect(await open(origin)).toBe(403);
    expect(log()).toContain(advice);
  });

  test("a Host that is not listed is refused, and the log names it and the Origin that would be refused next", async () => {
    const { open, log } = await api();
    expect(await open("http://web:5173", { hostHeader: "host.docker.internal:3000" })).toBe(403);
    expect(log()).toContain('came:     Host "host.docker.internal:3000"');
    expect(log()).toContain("If this server answers to that name, add it to `hosts`");
    expect(log()).toContain('then:     Origin "http://web:5173" (origin-not-listed)');
  });

  test.each([undefined, ""])("starts without a list (%j), and lets its own pages in only", async (ALLOWED_ORIGINS) => {
    const { open } = await api({ ALLOWED_ORIGINS });
    expect(await open("http://localhost:5173")).toBe(101);
    expect(await open(page)).toBe(403);
  });

  test("an address without its scheme is refused at start, with the value to write", async () => {
    await expect(load("after", { LAN_ORIGINS: "192.168.1.5:5173" })).rejects.toThrow(PolicyError);
    await expect(load("after", { LAN_ORIGINS: "http://localhost:5173" })).rejects.toThrow(/needs no exception/);
  });
});

const open = [preview, "http://localhost:5173", "http://localhost:6006", "http://192.168.1.5:5173"];

describe.each(["production", undefined, "", "test", "Development"])("the API with NODE_ENV=%s", (NODE_ENV) => {
  test("refuses every origin of development with 403, with the variables of development still set", async () => {
    const { open: status, log } = await api({ NODE_ENV });
    for (const origin of open) expect([origin, await status(origin)]).toEqual([origin, 403]);
    expect(log()).not.toContain("directory knows");
    expect(await status(page)).toBe(101);
  });

  test("refuses the Hosts of development", async () => {
    const { open: status } = await api({ NODE_ENV, ALLOWED_HOSTS: "api.example.com" });
    for (const hostHeader of ["localhost:3000", "127.0.0.1:3000", "192.168.1.5:3000"])
      expect(await status(page, { hostHeader })).toBe(403);
    expect(await status(page, { hostHeader: "api.example.com" })).toBe(101);
  });

  test.each(["ALLOWED_ORIGINS", "ALLOWED_HOSTS"])("does not start without %s", async (name) => {
    for (const value of [undefined, "", " , "])
      await expect(load("after", { NODE_ENV, [name]: value })).rejects.toThrow(`${name} is not set.`);
  });
});

test("staging has the preview deployments, and nothing else of development", async () => {
  const { open: status } = await api({ NODE_ENV: "staging" });
  expect(await Promise.all(open.map((origin) => status(origin)))).toEqual([101, 403, 403, 403]);
});

describe("preview deployments", () => {
  test.each([
    "https://my-app-git-x-team.vercel.app.evil.test",
    "https://my-app-git-x.evil.test-team.vercel.app",
    "https://my-app-git-x-team.vercel.app:8443",
    "http://my-app-git-x-team.vercel.app",
    "https://evil-my-app-git-x-team.vercel.app",
    "https://my-app-git-x-otherteam.vercel.app",
    "https://my-app-git-x-rivals.vercel.app",
    "https://other-app-git-x-team.vercel.app",
    "https://my-app-git-team.vercel.app",
    "https://my-app-git--team.vercel.app",
    "https://my-app-git-x_y-team.vercel.app",
    `https://my-app-git-${"a-".repeat(20)}.vercel.app`,
  ])("%s is refused", async (origin) => {
    expect(await (await api()).open(origin)).toBe(403);
  });

  test.each(["MY-APP-GIT-X-TEAM.VERCEL.APP", "my-app-git-x-team.vercel.app/", "my-app-git-x/-team.vercel.app"])(
    "https://%s is malformed",
    async (name) => {
      expect(await (await api()).open(`https://${name}`)).toBe(400);
    },
  );

  test("a name cannot tell this team from one whose name ends alike, nor from a project of that name", async () => {
    const { open: status } = await api();
    expect(await status("https://my-app-git-x-other-team.vercel.app")).toBe(101);
  });

  test("the pattern is not an entry of the list, and a suffix of one's own is", () => {
    const policyOf = (origin: string): unknown => createPolicy({ origins: [origin] });
    expect(() => policyOf("https://my-app-git-*-team.vercel.app")).toThrow("use `directory`");
    expect(() => policyOf("https://*.vercel.app")).toThrow("covers names that anyone can register");
    expect(policyOf("https://*.preview.example.com")).toBeDefined();
  });
});

test("extensions whose id is random get in by a directory, with a token", async () => {
  const server = createServer();
  const gate = guard(server, {
    app: express(),
    log: false,
    protocols: ["chat.v1"],
    policy: createPolicy({
      origins: [page],
      directory: { has: (origin) => origin.startsWith("moz-extension://") },
      token: {
        from: [bearerProtocol()],
        verify: (token) => (token === "good" ? grant({ principal: "ann" }) : refuse("invalid")),
      },
    }),
  });
  gate.route("/chat", () => {});
  const target = await started(running(server.listen(0, "127.0.0.1")));
  const headers = [["Sec-WebSocket-Protocol", "chat.v1, bearer.good"]] as const;
  const statuses = [];
  for (const origin of [mozExtension, extension, "https://moz-extension.evil.test"]) {
    const answer = await handshake(target, { path: "/chat", origin, headers });
    answer.frames?.destroy();
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([101, 403, 403]);
  expect((await handshake(target, { path: "/chat", origin: mozExtension })).status).toBe(401);
});

describe("Vite's proxy", () => {
  async function throughVite(options: { readonly changeOrigin?: boolean; readonly rewriteWsOrigin?: boolean }) {
    const { target, log } = await api({
      NODE_ENV: "production",
      ALLOWED_ORIGINS: "http://localhost:5173",
      ALLOWED_HOSTS: "localhost",
    });
    const proxy = { "/chat": { target: `http://127.0.0.1:${target.port}`, ws: true, ...options } };
    const root = new URL(".", folder).pathname;
    const vite = await createViteServer({
      root,
      configFile: `${root}/vite.config.mjs`,
      logLevel: "silent",
      server: { port: 0, host: "127.0.0.1", proxy },
    });
    const http = vite.httpServer;
    if (http === null) throw new Error("Vite has no server.");
    await vite.listen();
    const address = http.address();
    if (typeof address !== "object" || address === null) throw new Error("Vite does not listen.");
    const front = await started(Promise.resolve({ port: address.port, close: () => vite.close() }));
    return { front, log, port: target.port };
  }

  test("passes the page's Origin and Host on", async () => {
    const { front, log } = await throughVite({});
    const request = { path: "/chat", hostHeader: "localhost:5173" };
    await echoes(await openAs("http://localhost:5173", front, request));
    await expect(openAs(evil, front, request)).rejects.toThrow("403");
    expect(log()).toContain(`came:     Origin "${evil}"`);
  });

  test("with changeOrigin, the Host is the API's own and the Origin still the page's", async () => {
    const { front, log, port } = await throughVite({ changeOrigin: true });
    const request = { path: "/chat", hostHeader: "localhost:5173" };
    await expect(openAs(evil, front, request)).rejects.toThrow("403");
    expect(log()).toContain(`came:     Host "127.0.0.1:${port}"`);
    expect(log()).toContain(`then:     Origin "${evil}"`);
  });

  test("with rewriteWsOrigin, the API cannot tell a foreign page from the proxy", async () => {
    const { front, log, port } = await throughVite({ changeOrigin: true, rewriteWsOrigin: true });
    await expect(openAs(evil, front, { path: "/chat" })).rejects.toThrow("403");
    expect(log()).not.toContain(evil);
    expect(log()).toContain(`Origin "http://127.0.0.1:${port}"`);
  });
});
