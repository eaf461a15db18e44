import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { browserNames, launch } from "../../client/test/browsers.ts";
import { started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import { api } from "./development-setup.ts";

type Started = Exclude<Awaited<ReturnType<typeof launch>>, { readonly missing: string }>;

/** The origin with any port. */
const portless = (origin = "none"): string => origin.replace(/:\d+$/, ":*");

/** Takes handshakes, and tells their Origin to whoever waits for the next one. */
async function listener(): Promise<{ readonly url: string; readonly next: () => Promise<string | undefined> }> {
  const server = createServer();
  const { port } = await started(running(server.listen(0, "127.0.0.1")));
  return {
    url: `ws://localhost:${port}/`,
    async next() {
      const [request, socket] = await once(server, "upgrade");
      socket.destroy();
      return request.headers.origin;
    },
  };
}

describe.each(browserNames)("in %s", (name) => {
  let browser: Started | undefined;
  let missing = "";
  let page: Page;

  beforeAll(async () => {
    const launched = await launch(name);
    if ("missing" in launched) ({ missing } = launched);
    else {
      browser = launched;
      page = await browser.newPage();
    }
  });
  afterAll(async () => browser?.close());
  beforeEach(({ skip }) => {
    if (browser === undefined) skip(missing);
  });

  test("the command of the guide starts a page that reaches its API, directly and through Vite's proxy", async () => {
    const program = fileURLToPath(new URL("../docs/development/dev.mjs", import.meta.url));
    const env = { ...process.env, NODE_ENV: "development", PORT: "0", PAGE_PORT: "0" };
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...env, ALLOWED_ORIGINS: "http://localhost:*", ALLOWED_HOSTS: "", LAN_ORIGINS: "", NO_COLOR: "1" },
    });
    onTestFinished(() => void child.kill());
    let printed = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      printed += String(chunk);
      if (/http:\S+\//.test(printed)) break;
    }
    const [url = ""] = /http:\/\/localhost:\d+\//.exec(printed) ?? [];
    for (const way of ["", "?proxy"]) {
      await page.goto(`${url}${way}`);
      await page.waitForFunction(() => !document.body.innerText.includes("waiting"));
      expect(await page.innerText("body")).toBe("HTTP: from the API\n\nWebSocket: from the socket");
    }
  });

  test.each(["page.js", "frame.html", "sandbox.html"])("the Origin of %s", async (file) => {
    const { url, next } = await listener();
    const script = `new WebSocket(${JSON.stringify(url)})`;
    const documents: Record<string, string> = {
      "/page.js": `<script>${script}</script>`,
      "/frame.html": `<iframe src="/page.js"></iframe>`,
      "/sandbox.html": `<iframe sandbox="allow-scripts" src="/page.js"></iframe>`,
    };
    const site = createServer((request, response) => {
      response.setHeader("Content-Type", "text/html").end(documents[request.url ?? ""] ?? "");
    });
    const { port } = await started(running(site.listen(0, "127.0.0.1")));
    const origin = next();
    await page.goto(`http://localhost:${port}/${file}`);
    expect(portless(await origin)).toBe(file === "sandbox.html" ? "null" : "http://localhost:*");
  });

  test("a page of a file sends null", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wsorigin-file-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { url, next } = await listener();
    const file = join(folder, "page.html");
    await writeFile(file, `<script>new WebSocket(${JSON.stringify(url)})</script>`);
    const origin = next();
    await page.goto(pathToFileURL(file).href);
    expect(await origin).toBe("null");
  });

  test("a page of a port that is not listed is refused, and its visitor is told 1006", async () => {
    const { target, log } = await api();
    const site = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end("page"));
    const { port } = await started(running(site.listen(0, "127.0.0.1")));
    await page.goto(`http://localhost:${port}/`);
    const code = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          new WebSocket(url).addEventListener("close", (event) => resolve(event.code));
        }),
      `ws://localhost:${target.port}/chat`,
    );
    expect(code).toBe(1006);
    expect(log()).toContain(`If a page of this port is yours too, add "http://localhost:${port}" to \`origins\``);
  });
});
