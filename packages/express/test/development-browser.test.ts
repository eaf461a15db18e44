import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { browserNames, launch } from "../../client/test/browsers.ts";
import { started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import { api } from "./development-setup.ts";

type Started = Exclude<Awaited<ReturnType<typeof launch>>, { readonly missing: string }>;

/** The origin with any port. */
const portless = (origin = "none"): string => origin.replace(/:\d+$/, ":*");

/** The files of an extension for Firefox that opens a socket when it starts. */
function extension(id: string, url: string, manifest: object = {}): Readonly<Record<string, string>> {
  const all = {
    manifest_version: 3,
    name: id,
    version: "1",
    browser_specific_settings: { gecko: { id } },
    background: { scripts: ["background.js"] },
    ...manifest,
  };
  return { "manifest.json": JSON.stringify(all), "background.js": `new WebSocket(${JSON.stringify(url)});` };
}

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

/** An address in the LAN, which leads to this machine here. */
const lanAddress = "192.168.1.5";

describe.each(browserNames)("in %s", (name) => {
  let browser: Started | undefined;
  let missing = "";
  let page: Awaited<ReturnType<Started["newPage"]>>;
  /** What reached the server of each extension: an Origin, or bytes that are not HTTP. */
  let fromExtensions: Promise<readonly (string | undefined)[]>;
  const extensionServers = [createServer(), createServer()];

  beforeAll(async () => {
    const [plain = 0, own = 0] = await Promise.all(
      extensionServers.map(async (server) => (await running(server.listen(0, "127.0.0.1"))).port),
    );
    fromExtensions = Promise.all(
      extensionServers.map((server) =>
        Promise.race([
          once(server, "upgrade").then(([request]) => String(request.headers.origin)),
          once(server, "clientError").then(([error]) => String(error.rawPacket?.[0])),
        ]),
      ),
    );
    const policy = { content_security_policy: { extension_pages: "script-src 'self'" } };
    const launched = await launch(name, {
      names: [lanAddress],
      extensions: {
        "plain@example.test": extension("plain@example.test", `ws://localhost:${plain}/`),
        "own@example.test": extension("own@example.test", `ws://localhost:${own}/`, policy),
      },
    });
    if ("missing" in launched) ({ missing } = launched);
    else {
      browser = launched;
      page = await browser.newPage();
    }
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of extensionServers) server.close();
  });
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
      await page.waitForFunction(`!document.body.innerText.includes("waiting")`);
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

  test("a phone that loads the page from an address in the LAN gets in, and without the variable the log says what to add", async () => {
    const site = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end("page"));
    const { port } = await started(running(site.listen(0, "127.0.0.1")));
    const phone = `http://${lanAddress}:${port}`;
    await page.goto(`${phone}/`);
    const told = (target: { readonly port: number }): Promise<unknown> =>
      page.evaluate(
        (url) =>
          new Promise((resolve) => {
            const socket = new WebSocket(url);
            socket.addEventListener("open", () => resolve("open"));
            socket.addEventListener("close", ({ code }) => resolve(code));
          }),
        `ws://${lanAddress}:${target.port}/chat`,
      );
    expect(await told((await api({ LAN_ORIGINS: phone })).target)).toBe("open");
    const { target, log } = await api({ LAN_ORIGINS: undefined, ALLOWED_HOSTS: lanAddress });
    expect(await told(target)).toBe(1006);
    expect(log()).toContain(`add "${phone}" to \`origins\` and to dangerouslyAllowInsecureOrigins`);
    expect(await told((await api({ LAN_ORIGINS: phone, NODE_ENV: "production" })).target)).toBe(1006);
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

  // The Chromium of the tests has no extensions.
  test.each(name === "firefox" ? ["moz-extension"] : [])(
    "an extension sends %s and an id of its own; without a policy of its own it asks for wss where the script says ws",
    async (scheme) => {
      const [plain, own] = await fromExtensions;
      expect(own).toMatch(new RegExp(`^${scheme}://[\\da-f-]{36}$`));
      // The first byte of a TLS handshake.
      expect(plain).toBe("22");
    },
  );
});
