import { createServer } from "node:http";
import express from "express";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { browserNames, launch } from "../../client/test/browsers.ts";
import { running } from "../../testing/test/program.ts";
import type { RequestEvent } from "../../testing/test/request-guard.ts";
import * as after from "../docs/mcp-server/after.ts";
import * as before from "../docs/mcp-server/before.ts";
import { createPolicy, requestGuard } from "../src/index.ts";

type Started = Exclude<Awaited<ReturnType<typeof launch>>, { readonly missing: string }>;

/** A name that leads to this machine, as a name does after DNS rebinding. */
const attacker = "attacker.test";

/**
 * A local server. `/page` stands for the page that the attacker's server delivered before its name led here: to the browser both are one server.
 *
 * `/strict` and `/allowing` are guarded by policies with and without `missingOrigin: "deny"`.
 */
async function serve(program: typeof after | typeof before) {
  const events: RequestEvent[] = [];
  const hosts = ["localhost", "127.0.0.1"];
  const guarded = (missingOrigin: "allow" | "deny") =>
    requestGuard(createPolicy({ origins: ["https://app.example.com"], hosts, missingOrigin }), {
      log: false,
      onDecision: (event) => void events.push(event),
    });
  const app = express();
  app.get("/page", (_request, response) => void response.type("html").send("<!doctype html><title>Page</title>"));
  app.use("/strict", guarded("deny"), (_request, response) => void response.send("served"));
  app.use("/allowing", guarded("allow"), (_request, response) => void response.send("served"));
  app.use(program.listener);
  const server = await running(createServer(app).listen(0, "127.0.0.1"));
  onTestFinished(() => server.close());
  return { port: server.port, codes: () => events.map(({ decision }) => decision.code) };
}

// The programs write their log there.
beforeAll(() => void vi.spyOn(process.stderr, "write").mockReturnValue(true));
afterAll(() => void vi.restoreAllMocks());

describe.concurrent.each(browserNames)("in %s", (name) => {
  let browser: Started | undefined;
  let missing = "";

  beforeAll(async () => {
    const started = await launch(name, { names: [attacker, "evil.test"] });
    if ("missing" in started) ({ missing } = started);
    else browser = started;
  });
  afterAll(async () => browser?.close());
  beforeEach(({ skip }) => {
    if (browser === undefined) skip(missing);
  });

  /** Shows a page of this origin, which then asks for something. */
  async function ask(origin: string, url: string, init: RequestInit = {}): Promise<string> {
    if (browser === undefined) throw new Error(missing);
    const page = await browser.newPage();
    try {
      await page.goto(`${origin}/page`);
      return await page.evaluate(
        async ([url, init]) => {
          try {
            const response = await fetch(url, init);
            return `${response.status} ${await response.text()}`;
          } catch {
            return "failed";
          }
        },
        [url, init] as const,
      );
    } finally {
      await page.close();
    }
  }

  const readNotes: RequestInit = {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "read_notes" } }),
  };

  test.sequential("without a guard a page reads the notes of the local server by DNS rebinding", async () => {
    const { port } = await serve(before);
    expect(await ask(`http://${attacker}:${port}`, "/mcp", readNotes)).toMatch(/^200 .*Buy milk/s);
  });

  test.sequential("behind the guard the page is refused by its Host", async () => {
    const { port, codes } = await serve(after);
    const origin = `http://${attacker}:${port}`;
    expect(await ask(origin, "/mcp", readNotes)).toBe("403 Forbidden");
    for (const path of ["/strict", "/allowing"]) expect(await ask(origin, path)).toBe("403 Forbidden");
    expect(codes()).toEqual(["host-not-listed", "host-not-listed"]);
  });

  test.sequential("a foreign page cannot call a tool or read an answer", async () => {
    const { port, codes } = await serve(after);
    const origin = `http://evil.test:${port}`;
    const target = `http://localhost:${port}`;
    expect(await ask(origin, `${target}/mcp`, readNotes)).toBe("failed");
    expect(await ask(origin, `${target}/strict`)).toBe("failed");
    expect(codes()).toEqual(["origin-not-listed"]);
  });

  test.sequential("a page of the server itself passes without an Origin, by Sec-Fetch-Site", async () => {
    const { port, codes } = await serve(after);
    expect(await ask(`http://localhost:${port}`, "/strict")).toBe("200 served");
    expect(codes()).toEqual(["origin-absent"]);
  });
});
