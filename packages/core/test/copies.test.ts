import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Core from "../src/index.ts";
import { shared } from "../src/index.ts";
import { version } from "../src/version.ts";

const root = join(import.meta.dirname, "..");
const headers = { origin: "https://app.example", host: "api.app.example" };

let folder: string;
/** Copies of this version, in folders of their own, and one whose state has another layout, as a later version may. */
let copies: Readonly<Record<"first" | "second" | "later", typeof Core>>;

beforeAll(async () => {
  // Below node_modules, where Vitest leaves loading to Node.
  await mkdir(join(root, "node_modules"), { recursive: true });
  folder = await mkdtemp(join(root, "node_modules", ".copies-"));
  await compile(join(folder, "first"));
  for (const name of ["second", "later"]) await cp(join(folder, "first"), join(folder, name), { recursive: true });
  await replace("later/dist/shared.js", "layout = 1", "layout = 2");
  await replace("later/dist/version.js", JSON.stringify(version), '"9.9.9"');
  copies = { first: await load("first"), second: await load("second"), later: await load("later") };
});
afterAll(async () => {
  // Files of this package share a process, and the next one's explanations must not name these copies.
  const loaded = shared("copies", () => new Map<string, unknown>());
  for (const name of loaded.keys()) if (name.includes(folder)) loaded.delete(name);
  await rm(folder, { recursive: true });
});

async function compile(out: string): Promise<void> {
  const compiler = join(root, "../../node_modules/typescript/bin/tsc");
  const args = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(out, "dist")];
  await promisify(execFile)(process.execPath, [compiler, ...args]);
  await writeFile(join(out, "package.json"), JSON.stringify({ name: "@wsorigin/core", type: "module" }));
}

async function replace(file: string, before: string, after: string): Promise<void> {
  const text = await readFile(join(folder, file), "utf8");
  expect(text).toContain(before);
  await writeFile(join(folder, file), text.replace(before, after));
}

async function load(name: string): Promise<typeof Core> {
  return (await import(pathToFileURL(join(folder, name, "dist/index.js")).href)) as typeof Core;
}

/** A policy of one copy whose `verify` belongs to another one. */
function policyOf(
  { createPolicy, queryParam }: typeof Core,
  verify: () => Core.Verification<string>,
): Core.Policy<string> {
  return createPolicy({ origins: [headers.origin], token: { from: [queryParam("ticket")], verify } });
}

function ask(policy: Core.Policy<string>): Promise<Core.Decision<string>> {
  return policy.decide({ headers, url: "/?ticket=secret" });
}

describe.each(["first", "second"] as const)("the policy of the %s copy", (mine) => {
  const other = mine === "first" ? "second" : "first";

  test("is of a copy of its own", () => {
    expect(copies[mine].createPolicy).not.toBe(copies[other].createPolicy);
    expect(copies[mine].grant({ principal: "" }).constructor).not.toBe(
      copies[other].grant({ principal: "" }).constructor,
    );
  });

  test("accepts what the other copy granted, and refuses what it refused", async () => {
    const grants = policyOf(copies[mine], () => copies[other].grant({ principal: "ada", id: "1" }));
    expect(await ask(grants)).toMatchObject({ allowed: true, principal: "ada", id: "1" });
    const refuses = policyOf(copies[mine], () => copies[other].refuse("forbidden", "Not today."));
    const decision = await ask(refuses);
    expect(decision).toMatchObject({ code: "token-forbidden", status: 403 });
    expect(copies[other].explain(decision)).toContain("detail:   Not today.");
  });

  test("may wait for a first message, as the other copy's gate sees", () => {
    const { createPolicy, firstMessage, grant } = copies[mine];
    const policy = createPolicy({
      origins: [headers.origin],
      token: { from: [firstMessage()], verify: () => grant({ principal: "ada" }) },
    });
    const decision = policy.evaluate({ headers });
    if (decision instanceof Promise) throw new TypeError("Nothing has to be waited for.");
    expect(decision.code).toBe("token-missing");
    expect(copies[other].awaitedMessage(decision)).toMatchObject({ kind: "firstMessage", deadline: 5000 });
  });

  test("is explained by the other copy as by its own", () => {
    const decision = copies[mine].createPolicy({ origins: ["https://b.example"] }).check({ headers });
    expect(copies[other].explain(decision)).toContain('one of "https://b.example"');
    expect(copies[other].explain(decision)).toBe(copies[mine].explain(decision));
  });

  test("refuses what only looks like a grant", async () => {
    const genuine = copies[other].grant({ principal: "ada" });
    const fakes: readonly unknown[] = [
      Object.assign({}, genuine),
      JSON.parse(JSON.stringify(genuine)),
      structuredClone(genuine),
      Object.create(genuine),
      Object.setPrototypeOf({ principal: "ada" }, Object.getPrototypeOf(genuine)),
      JSON.parse(
        '{"principal":"ada","~made by":"grant()","Symbol(wsorigin.genuine.1)":true,"__proto__":{"genuine":true}}',
      ),
    ];
    for (const fake of fakes) {
      const decision = await ask(policyOf(copies[mine], () => fake as Core.Grant<string>));
      expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
    }
  });
});

describe("a version that keeps its state differently", () => {
  test.each([
    ["first", "later"],
    ["later", "first"],
  ] as const)(
    "the policy of the %s copy refuses what the %s one granted, names both, and says what to do",
    async (mine, other) => {
      const decision = await ask(policyOf(copies[mine], () => copies[other].grant({ principal: "ada" })));
      expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
      const text = copies[mine].explain(decision);
      expect(text).toContain("which neither grant() nor refuse() made");
      expect(text).toContain("incompatible versions of @wsorigin/core");
      expect(text).toContain(`9.9.9 (${pathToFileURL(join(folder, "later/dist/copies.js")).href})`);
      expect(text).toContain(`${version} (${pathToFileURL(join(folder, "first/dist/copies.js")).href})`);
      expect(text).toContain('"npm ls @wsorigin/core"');
      expect(text).toContain('"npm dedupe"');
    },
  );
});

describe("what copies share", () => {
  test("is hidden, and cannot be replaced", () => {
    const keys = Object.getOwnPropertySymbols(globalThis).filter((key) => key.description?.startsWith("wsorigin."));
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) {
      expect(Object.getOwnPropertyDescriptor(globalThis, key)).toMatchObject({
        configurable: false,
        enumerable: false,
        writable: false,
      });
    }
  });

  test("is of one copy alone where the global object cannot be extended", async () => {
    const code = `
      Object.preventExtensions(globalThis);
      const { createPolicy, grant, queryParam } = await import(${JSON.stringify(pathToFileURL(join(folder, "first/dist/index.js")).href)});
      const policy = createPolicy({ origins: ["https://app.example"], token: { from: [queryParam("ticket")], verify: () => grant({ principal: "ada" }) } });
      console.log((await policy.decide({ headers: { origin: "https://app.example" }, url: "/?ticket=secret" })).code);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
    expect(stdout).toBe("origin-listed\n");
  });
});

test("the version in messages is the package's", async () => {
  expect(JSON.parse(await readFile(join(root, "package.json"), "utf8"))).toMatchObject({ version });
});
