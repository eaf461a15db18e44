import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as core from "../src/index.ts";

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

function read(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), "utf8");
}

describe("exports", () => {
  test("are these", () => {
    expect(Object.keys(core).toSorted()).toMatchInlineSnapshot(`
      [
        "ConfigurationError",
        "PolicyError",
        "allowCodes",
        "awaitedMessage",
        "bearerHeader",
        "bearerProtocol",
        "cookie",
        "createPolicy",
        "deny",
        "denyCodes",
        "escapeControls",
        "explain",
        "firstMessage",
        "grant",
        "locationOf",
        "queryParam",
        "quote",
        "raceAbort",
        "redact",
        "refuse",
        "shared",
        "splitList",
        "spokenProtocols",
        "statusOf",
        "urlWithoutTokens",
      ]
    `);
  });

  test("codes that allow are these, and are frozen", () => {
    expect(core.allowCodes).toMatchInlineSnapshot(`
      [
        "origin-listed",
        "origin-same-host",
        "origin-in-directory",
        "origin-absent",
      ]
    `);
    expect(Object.isFrozen(core.allowCodes)).toBe(true);
  });

  test("codes that refuse are these, and are frozen", () => {
    expect(core.denyCodes).toMatchInlineSnapshot(`
      [
        "handshake-malformed",
        "host-malformed",
        "host-missing",
        "host-repeated",
        "origin-malformed",
        "origin-repeated",
        "token-ambiguous",
        "token-expired",
        "token-invalid",
        "token-malformed",
        "token-missing",
        "token-revoked",
        "host-not-listed",
        "middleware-refused",
        "origin-cross-site",
        "origin-missing",
        "origin-not-listed",
        "origin-opaque",
        "token-forbidden",
        "token-origin-mismatch",
        "route-not-found",
        "upgrade-stripped",
        "version-unsupported",
        "too-many-connections",
        "too-many-failures",
        "client-gone",
        "protocol-unsupported",
        "directory-failed",
        "draining",
        "middleware-failed",
        "timed-out",
        "too-many-pending",
        "verifier-failed",
      ]
    `);
    expect(Object.isFrozen(core.denyCodes)).toBe(true);
  });

  test("codes are kebab-case, and each is there once", () => {
    const codes: readonly string[] = [...core.allowCodes, ...core.denyCodes];
    expect(codes.filter((code) => !/^[a-z]+(?:-[a-z]+)*$/.test(code))).toStrictEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe("the package", () => {
  test("imports nothing but its own files", () => {
    expect(sources.length).toBeGreaterThan(10);
    const specifiers = sources.flatMap((file) =>
      Array.from(
        read("src", file).matchAll(/(?<![."])\b(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g),
        ([, specifier]) => specifier,
      ),
    );
    expect(specifiers.length).toBeGreaterThan(sources.length);
    expect(
      specifiers.filter((specifier) => !/^\.{1,2}\/(?:[a-z]+\/)?[a-z-]+\.ts$/.test(specifier ?? "")),
    ).toStrictEqual([]);
  });

  test("is ASCII", () => {
    expect(sources.filter((file) => !/^[\x20-\x7e\n]*$/.test(read("src", file)))).toStrictEqual([]);
  });

  test("has no dependency of any kind", () => {
    const kinds = Object.keys(JSON.parse(read("package.json")) as object).filter((key) => /dependencies/i.test(key));
    expect(kinds).toStrictEqual([]);
  });
});

describe("README.md", () => {
  const readme = read("README.md");

  test("names every code with its status", () => {
    const cells = readme.matchAll(/^\| (\d{3}|allow) +\| (.*?) +\|$/gm);
    const rows = new Map(Array.from(cells, ([, status = "", codes = ""]) => [status, codes]));
    for (const code of core.allowCodes) expect(rows.get("allow")).toContain(`\`${code}\``);
    for (const code of core.denyCodes) expect(rows.get(String(core.statusOf(code)))).toContain(`\`${code}\``);
    const named = Array.from([...rows.values()].join(" ").matchAll(/`([^`]+)`/g), ([, code]) => code);
    expect(named).toStrictEqual([...core.allowCodes, ...core.denyCodes]);
  });

  test("names every option", () => {
    const listed =
      /Valid options: ([^.]+)\./.exec(messageOf(() => core.createPolicy({ x: 1 } as object)))?.[1]?.split(", ") ?? [];
    const named = Array.from(readme.matchAll(/^\| `(\w+)` /gm), ([, option]) => option);
    expect(named).toStrictEqual(listed);
  });

  test("shows what explain says, and what createPolicy throws", () => {
    const policy = core.createPolicy({
      origins: ["https://app.example", "https://*.preview.app.example"],
      hosts: ["api.app.example"],
    });
    const check = (origin: string) => policy.check({ headers: { origin, host: "api.app.example" } });
    expect(readme).toContain(core.explain(check("https://evil.test")));
    expect(readme).toContain(core.explain(check("https://a.b.preview.app.example")));
    expect(readme).toContain(messageOf(() => core.createPolicy({ origins: ["app.example", "https://*.github.io"] })));
  });
});

function messageOf(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    return error instanceof core.PolicyError ? error.message : String(error);
  }
}
