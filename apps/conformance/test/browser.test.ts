import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import * as core from "@wsorigin/core";
import { handshakeOf, hostCases, originCases, policyOptionsOf } from "@wsorigin/testing";
import { expect, onTestFinished, test } from "vitest";
import { browserNames, launch } from "../../../packages/client/test/browsers.ts";
import { decideAll } from "./decide-all.mjs";

const built = new URL("../../../packages/core/dist/", import.meta.url);

const page = `<!doctype html><title>Core</title><script type="module">
  import * as core from "/core/index.js";
  import { decideAll } from "/decide-all.mjs";
  globalThis.decide = (cases) => decideAll(core, cases);
</script>`;

/** What the page is made of; nothing is bundled. */
async function fileOf(path: string): Promise<{ readonly type: string; readonly body: string | Buffer } | undefined> {
  if (path === "/") return { type: "text/html", body: page };
  const name = /^\/core\/((?:[a-z-]+\/)*[a-z-]+\.js)$/.exec(path)?.[1];
  if (name === undefined && path !== "/decide-all.mjs") return undefined;
  const file = name === undefined ? new URL("decide-all.mjs", import.meta.url) : new URL(name, built);
  return { type: "text/javascript", body: await readFile(file) };
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  const file = await fileOf(path);
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "Content-Type": file.type }).end(file.body);
}

test.for(browserNames)(
  "the built core, unchanged, decides in %s as in Node on the whole corpus",
  { timeout: 60_000 },
  async (name, { skip }) => {
    if (!existsSync(new URL("index.js", built))) throw new Error("The core is not built. Run: pnpm build");
    const browser = await launch(name);
    if ("missing" in browser) {
      skip(browser.missing);
      return;
    }
    onTestFinished(() => browser.close());
    const server = createServer((request, response) => void answer(request.url ?? "", response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${typeof address === "object" && address !== null ? address.port : 0}/`);
    await tab.waitForFunction(() => "decide" in globalThis);

    const rows = [...originCases, ...hostCases].map((row) => ({
      options: policyOptionsOf(row),
      handshake: handshakeOf(row),
    }));
    // As it comes out of JSON, in both places.
    const cases: { readonly options: object; readonly handshake: object }[] = JSON.parse(JSON.stringify(rows));
    const expected = decideAll(core, cases);
    const got = await tab.evaluate((given): unknown => Reflect.get(globalThis, "decide")(given), cases);
    expect(cases.length).toBeGreaterThan(400);
    expect(got).toEqual(expected);
  },
);
