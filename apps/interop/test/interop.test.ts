import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { type Proxy, startProxy } from "../../../packages/cli/test/proxies.ts";
import { answersOf, type Answers, tableOf } from "./answers.ts";
import { install } from "./install.ts";
import { missing } from "./programs.ts";
import { type Setup, type Stack, setups } from "./setups.ts";
import { prepareSpring, start, stopAll } from "./start.ts";

const main = resolve(import.meta.dirname, "../../../packages/cli/dist/main.js");
const proxies: Proxy[] = [];
const answers = new Map<Setup, Answers>();

beforeAll(async () => {
  prepareSpring(setups);
  const stacks = [...new Set(setups.map(({ stack }) => stack))].filter((stack) => missing(stack) === undefined);
  await Promise.all(stacks.map(install));
}, 600_000);

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await stopAll();
});

/** Skips the test that asks where a stack's programs are missing. In CI that is a failure instead: nothing may be skipped there unseen. */
function needs(stack: Stack, { skip }: Pick<TestContext, "skip">): void {
  const gap = missing(stack);
  if (gap === undefined) return;
  if ((process.env["CI"] ?? "") !== "") throw new Error(gap);
  skip(gap);
}

interface Judged {
  readonly id: string;
  readonly severity: "failure" | "warning" | "note";
  readonly who?: string;
  readonly fix: readonly string[];
}

/** Runs the real `wsorigin doctor`, for a visitor with a cookie. */
async function diagnose({ path = "/ws", ownPage }: Setup, port: number): Promise<readonly Judged[]> {
  const page = ownPage ? [] : ["--origin", "https://app.example.com"];
  const args = [main, "doctor", `ws://localhost:${port}${path}`, "--cookie", "sid=1", ...page, "--json"];
  const printed = await new Promise<string>((done, failed) => {
    execFile(process.execPath, args, (_error, stdout, stderr) =>
      stdout === "" ? failed(new Error(stderr)) : done(stdout),
    );
  });
  const { findings, verdict } = JSON.parse(printed);
  if (verdict === "incomplete") throw new Error(printed);
  return findings.filter(({ severity }: Judged) => severity !== "note");
}

async function portOf(setup: Setup): Promise<number> {
  const port = await start(setup);
  if (!setup.behindNginx) return port;
  const proxy = await startProxy({ kind: "nginx", config: (ports) => nginx(ports.port, port) });
  proxies.push(proxy);
  return proxy.port;
}

/** A `server_name` of its own, and no answer for others. */
const nginx = (port: number, backend: number): string => `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
server { listen 127.0.0.1:${port} default_server; return 444; }
server {
  listen 127.0.0.1:${port};
  server_name localhost app.example.com;
  location / {
    proxy_pass http://127.0.0.1:${backend};
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host $host:$server_port;
  }
}
`;

describe.concurrent("the doctor names the fault, the server and the fix", () => {
  test.for(setups.map((setup) => [`${setup.who}: ${setup.what}`, setup] as const))(
    "%s",
    { timeout: 300_000 },
    async ([, setup], context) => {
      needs(setup.stack, context);
      const port = await portOf(setup);
      const findings = await diagnose(setup, port);
      answers.set(setup, await answersOf(setup, port));
      const [first] = findings;
      expect(findings.map(({ id }) => id)).toEqual(setup.rules);
      expect(first?.who).toBe(setup.rules.length === 0 ? undefined : setup.who);
      expect(first?.fix.join("\n") ?? "").toContain(setup.fix ?? "");
    },
  );
});

test("each fix that is named is applied in a setup on which no rule, or only that of DNS rebinding, fires", () => {
  const wrong = setups.filter(({ corrected, stack }) => {
    if (corrected === undefined) return false;
    const twins = setups.filter((setup) => setup.stack === stack && setup.name === corrected);
    return twins.length === 0 || !twins.some(({ rules }) => rules.every((rule) => rule === "WSO054"));
  });
  expect(wrong).toEqual([]);
});

test("the table of setups is the measured one", async ({ skip }) => {
  const gaps = new Set(setups.map(({ stack }) => missing(stack)).filter((gap) => gap !== undefined));
  if (gaps.size > 0) skip([...gaps].join(" "));
  await expect(await tableOf(setups, answers)).toMatchFileSnapshot("../setups.md");
});
