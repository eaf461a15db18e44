import { existsSync } from "node:fs";
import { handshake } from "@wsorigin/testing";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { fromRoot } from "../src/server/files.ts";
import { type RunningLab, startLab } from "../src/server/start.ts";
import type { Draft } from "../src/shared/draft.ts";
import type { FromServer } from "../src/shared/messages.ts";

beforeAll(() => {
  if (!existsSync(fromRoot("dist/page/index.html"))) throw new Error("The page is not built. Run: pnpm build");
});

async function start(): Promise<RunningLab> {
  const lab = await startLab({ port: 0 });
  onTestFinished(() => lab.close());
  return lab;
}

const portOf = (url: string): number => Number(new URL(url).port);

/** Knocks at the app. */
async function knock({ places }: RunningLab, origin: string, path = "/orders"): Promise<number | undefined> {
  const target = { host: "localhost", port: portOf(places.app) };
  const { status, frames } = await handshake(target, { path, origin, hostHeader: new URL(places.app).host });
  frames?.destroy();
  return status;
}

/** The lab's own socket, as its page has it. */
async function control(lab: RunningLab): Promise<{
  readonly next: (type: FromServer["type"]) => Promise<FromServer>;
  readonly send: (message: unknown) => void;
  readonly closed: () => Promise<number | undefined>;
}> {
  const target = { host: "localhost", port: portOf(lab.url) };
  const { frames } = await handshake(target, {
    path: "/decisions",
    origin: lab.url,
    hostHeader: new URL(lab.url).host,
  });
  if (frames === undefined) throw new Error("There is no open socket.");
  onTestFinished(() => frames.destroy());
  return {
    async next(type) {
      for (;;) {
        const message = JSON.parse((await frames.next()).text) as FromServer;
        if (message.type === type) return message;
      }
    },
    send: (message) => frames.send(typeof message === "string" ? message : JSON.stringify(message)),
    closed: async () => (await frames.nextClose())?.code,
  };
}

async function firstDraft(socket: Awaited<ReturnType<typeof control>>): Promise<Draft> {
  const hello = await socket.next("hello");
  if (hello.type !== "hello") throw new Error("There was no hello.");
  return hello.draft;
}

test("the app lets in its own page alone, and every decision is told", async () => {
  const lab = await start();
  const socket = await control(lab);
  const draft = await firstDraft(socket);
  expect(draft.origins).toContain(lab.places.app);
  expect(await knock(lab, "https://evil.test")).toBe(403);
  expect(await socket.next("told")).toMatchObject({
    told: { allowed: false, code: "origin-not-listed", status: 403, station: "origin", origin: "https://evil.test" },
  });
  // The right page, and nobody before it.
  expect(await knock(lab, lab.places.app)).toBe(401);
  expect(await socket.next("told")).toMatchObject({ told: { code: "token-missing", station: "token" } });
  expect(lab.told.map(({ text }) => text).join("\n")).toContain("fix:");
});

test("an edited policy is the app's at once, and its open sockets are closed", async () => {
  const lab = await start();
  const socket = await control(lab);
  const draft = { ...(await firstDraft(socket)), ticket: false };
  socket.send({ type: "apply", draft });
  await socket.next("applied");
  const target = { host: "localhost", port: portOf(lab.places.app) };
  const host = new URL(lab.places.app).host;
  const open = await handshake(target, { path: "/orders", origin: lab.places.app, hostHeader: host });
  onTestFinished(() => open.frames?.destroy());
  expect(JSON.parse((await open.frames?.next())?.text ?? "")).toMatchObject({ customer: "Ada" });

  socket.send({ type: "apply", draft: { ...draft, origins: `${draft.origins}\nhttps://evil.test` } });
  await socket.next("applied");
  expect((await open.frames?.nextClose())?.code).toBe(1001);
  expect(await knock(lab, "https://evil.test")).toBe(101);
});

test("of many policies in a hurry the last one holds", async () => {
  const lab = await start();
  const socket = await control(lab);
  const draft = { ...(await firstDraft(socket)), ticket: false };
  for (let count = 0; count < 20; count++)
    socket.send({ type: "apply", draft: { ...draft, origins: `https://app-${count}.example` } });
  for (let applied = ""; applied !== "https://app-19.example";) {
    const message = await socket.next("applied");
    applied = message.type === "applied" ? message.draft.origins : "";
  }
  expect(await knock(lab, "https://app-19.example")).toBe(101);
  expect(await knock(lab, "https://app-18.example")).toBe(403);
});

test("a policy that does not compile changes nothing, and its problems are told", async () => {
  const lab = await start();
  const socket = await control(lab);
  const draft = await firstDraft(socket);
  socket.send({ type: "apply", draft: { ...draft, origins: "*" } });
  const refused = await socket.next("refused");
  expect(JSON.stringify(refused)).toContain("origin-");
  expect(await knock(lab, lab.places.app)).toBe(401);
});

test.each(["{", "[]", '{"type":"apply"}', '{"type":"apply","draft":{"origins":1}}', "x".repeat(100_000)])(
  "what cannot be understood ends the socket, and nothing else: %.20s",
  async (junk) => {
    const lab = await start();
    const socket = await control(lab);
    socket.send(junk);
    expect(await socket.closed()).toBe(1008);
    expect(await knock(lab, lab.places.app)).toBe(401);
  },
);

test("nobody else may watch or edit", async () => {
  const lab = await start();
  const target = { host: "localhost", port: portOf(lab.url) };
  const { host } = new URL(lab.url);
  for (const origin of [
    lab.places.app,
    `http://localhost:${lab.places.hostilePort}`,
    "https://evil.test",
    "null",
    null,
  ])
    expect((await handshake(target, { path: "/decisions", origin, hostHeader: host })).status).toBe(403);
  const rebound = `rebound.localhost:${target.port}`;
  const answer = await handshake(target, { path: "/decisions", origin: `http://${rebound}`, hostHeader: rebound });
  expect(answer.status).toBe(403);
});

test("a ticket is for the app's page, with its session's cookie", async () => {
  const lab = await start();
  const page = await fetch(lab.places.app);
  const cookie = page.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  expect(page.headers.get("set-cookie")).toMatch(/; HttpOnly; SameSite=Strict$/);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${lab.places.app}/ticket`, { method: "POST", headers });
  expect((await ask({ origin: lab.places.app })).status).toBe(403);
  expect((await ask({ cookie, origin: `http://localhost:${lab.places.hostilePort}` })).status).toBe(403);
  expect((await ask({ cookie })).status).toBe(403);
  const { ticket } = (await (await ask({ cookie, origin: lab.places.app })).json()) as { ticket: string };
  expect(await knock(lab, lab.places.app, `/orders?ticket=${ticket}`)).toBe(101);
});

test("there is no ticket for the origin null, also where the policy allows it", async () => {
  const lab = await start();
  const socket = await control(lab);
  socket.send({ type: "apply", draft: { ...(await firstDraft(socket)), opaqueOrigin: "dangerously-allow" } });
  await socket.next("applied");
  const cookie = (await fetch(lab.places.app)).headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const asked = await fetch(`${lab.places.app}/ticket`, { method: "POST", headers: { cookie, origin: "null" } });
  expect(asked.status).toBe(403);
  expect(await knock(lab, "null")).toBe(401);
});

test("the limit on failures stops whoever tries too often", async () => {
  const lab = await start();
  const socket = await control(lab);
  socket.send({ type: "apply", draft: { ...(await firstDraft(socket)), failures: 3 } });
  await socket.next("applied");
  const got: unknown[] = [];
  for (let count = 0; count < 5; count++) got.push(await knock(lab, "https://evil.test"));
  expect(got).toEqual([403, 403, 403, 429, 429]);
  expect(lab.told.at(-1)).toMatchObject({ code: "too-many-failures", station: "limits" });
});

test("every page has a strict policy for what it loads; the lab is framed by nobody", async () => {
  const lab = await start();
  for (const url of [lab.url, lab.places.app, `http://localhost:${lab.places.hostilePort}`]) {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*base-uri 'none'/);
    expect((await fetch(`${url}/../../package.json`)).status).toBe(404);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  }
  const policy = (await fetch(lab.url)).headers.get("content-security-policy");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
});

test("close() ends all three servers, also while pages are open", async () => {
  const lab = await startLab({ port: 0 });
  const socket = await control(lab);
  await socket.next("hello");
  await lab.close();
  for (const url of [lab.url, lab.places.app, `http://localhost:${lab.places.hostilePort}`])
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  await lab.close();
});
