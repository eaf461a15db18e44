import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../src/command.ts";
import { proxy } from "../src/commands/proxy.ts";
import { parseNginx } from "../src/proxy/nginx/parse.ts";

const surroundings = {
  cwd: "/",
  progress: () => {},
  stdin: () => Promise.resolve(""),
  signal: new AbortController().signal,
};

async function printed(...args: string[]): Promise<string> {
  const outcome = await proxy.run(args, surroundings);
  if (!("text" in outcome)) throw new Error("It is a report.");
  return outcome.text;
}

/** The message of the refusal. */
async function refusal(...args: string[]): Promise<string> {
  const error = await proxy.run(args, surroundings).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof UsageError)) throw new Error(`It is not refused: ${String(error)}`);
  return error.message;
}

/** A refusal is right; anything else is not. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof UsageError)) throw error;
}

const servers = ["nginx", "apache", "haproxy", "caddy", "varnish"];
const clouds = [
  ..."aws-alb aws-nlb cloudfront api-gateway cloudflare gcp azure-front-door azure-app-gateway azure-app-service".split(
    " ",
  ),
  ..."kubernetes heroku fly vercel render netlify fastly".split(" "),
];

describe("arguments", () => {
  test.for<[string[], RegExp]>([
    [[], /^Which proxy\? Write wsorigin proxy nginx/],
    [["iis"], /^"iis" is no proxy that is known here\. wsorigin proxy --list/],
    [["toString"], /is no proxy that is known here/],
    [["nginx", "more"], /^"more" is one argument too many/],
    [["nginx", "--list"], /^"nginx" is one argument too many/],
    [["nginx", "--bogus"], /--bogus/],
    [["nginx", "--path"], /--path/],
    [["--list", "--check", "x"], /do not go together/],
    [["--list", "--path", "/ws"], /^--path means nothing with --list/],
    [["--check", "x", "--upstream", "http://a"], /^--upstream means nothing with --check/],
    [["--check", ""], /^--check needs a file/],
    [["--check", "x", "--path", "ws"], /^--path "ws" does not begin with "\/"/],
    [["cloudflare", "--idle", "3"], /^--idle means nothing with cloudflare/],
    [["nginx", "--path", "ws"], /^--path "ws" does not begin with "\/"\. .*--path \/ws/],
    [["nginx", "--path", "/ws?token=1"], /^--path .* Write the path alone: --path "\/ws"/],
    [["nginx", "--path", "/w s"], /^--path "\/w s" holds " "/],
    [["nginx", "--path", "/ws;"], /holds ";"/],
    [["nginx", "--path", "/ws{"], /holds "{"/],
    [["nginx", "--path", "/ws\n"], /holds "\\n"/],
    [["nginx", "--path", '/ws"'], /holds "\\""/],
    [["nginx", "--path", "/$host"], /holds "\$"/],
    [["nginx", "--path", "/ä"], /holds "ä"/],
    [["nginx", "--path", "/a/../b"], /no server sees/],
    [["nginx", "--path", "//a"], /no server sees/],
    [["nginx", "--path", `/${"a".repeat(600)}`], /601 characters long/],
    [["nginx", "--upstream", "3000"], /^--upstream "3000" is no URL\. .*http:\/\/127\.0\.0\.1:3000/],
    [["nginx", "--upstream", "http://a b"], /is no URL/],
    [["nginx", "--upstream", "http://a;b"], /has no plain host name/],
    [["nginx", "--upstream", "http://a/\nb"], /is no URL/],
    [["nginx", "--upstream", "http://$host"], /has no plain host name/],
    [["nginx", "--upstream", "ws://a:1"], /Write --upstream "http:\/\/a:1"/],
    [["nginx", "--upstream", "ftp://a"], /neither http: nor https:/],
    [["nginx", "--upstream", "http://me:pass@a"], /does not belong in a configuration/],
    [["nginx", "--upstream", "http://a:1/ws"], /--upstream "http:\/\/a:1"$/],
    [["varnish", "--upstream", "https://a"], /Varnish speaks no TLS/],
    [["nginx", "--server-name", "*.example.com"], /^--server-name "\*\.example\.com" is no host name/],
    [["nginx", "--server-name", "a;b"], /is no host name/],
    [["nginx", "--server-name", "a:80"], /is no host name/],
    [["nginx", "--idle", "1h"], /^--idle "1h" is no number of seconds/],
    [["nginx", "--idle", "0"], /is no number of seconds/],
    [["nginx", "--idle", "99999999"], /is no number of seconds/],
  ])("%j is refused, with what to write", async ([args, message]) => {
    await expect(refusal(...args)).resolves.toMatch(message);
  });

  test("a secret in the upstream is not repeated", async () => {
    await expect(refusal("nginx", "--upstream", "http://me:hunter2@a")).resolves.not.toContain("hunter2");
  });

  test.for(servers.filter((name) => name !== "varnish"))("%s can have a TLS backend, and IPv6", async (name) => {
    await expect(printed(name, "--upstream", "https://app.internal")).resolves.toContain("app.internal:443");
    await expect(printed(name, "--upstream", "http://[::1]:3000")).resolves.toContain("[::1]:3000");
  });

  test.for(servers)("nothing that is given adds to the configuration of %s", async (name) => {
    const options = ["--path", "--upstream", "--server-name", "--idle"];
    const lines = (text: string) => text.split("\n").length;
    const shape = (text: string) => text.replaceAll(/[^\n;{}"'`$()<>#]/g, "");
    const usual = await printed(name);
    const nasty = fc.string({
      unit: fc.constantFrom(..."/aw.:;{}\"'`$\\\n\r\t #()<>|&%0[]http".split("")),
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...options),
        nasty,
        fc.constantFrom("", "/", "http://", "a"),
        async (option, text, prefix) => {
          const result = await printed(name, option, prefix + text).catch(unlessRefused);
          if (result === undefined) return;
          // What got through has changed no structure: as many lines, and the same marks in them. (A path with a slash at its end has fewer.)
          expect(lines(result)).toBe(lines(usual));
          const other =
            option === "--path" && (prefix + text).endsWith("/") ? await printed(name, "--path", "/x/") : usual;
          expect(shape(result)).toBe(shape(other));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the list and the clouds", () => {
  test("--list names every server and cloud", async () => {
    const text = await printed("--list");
    for (const name of [...servers, ...clouds]) expect(text).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
  });

  test.for(clouds)("every fact about %s has its source and date", async (name) => {
    const text = await printed(name);
    const facts = text.split("\n").filter((line) => line.startsWith("- "));
    const sources = text.split("\n").filter((line) => /^ {2}Source \(2026-11-23\): \S.*\.$/.test(line));
    expect(facts.length).toBeGreaterThan(0);
    expect(sources).toHaveLength(facts.length);
  });

  test("Kubernetes comes with a Gateway API example", async () => {
    await expect(printed("kubernetes")).resolves.toMatch(/appProtocol: kubernetes\.io\/ws\n[^]*kind: HTTPRoute/);
  });
});

test("help names every server, cloud and option", () => {
  for (const name of [...servers, ...clouds, "--check", "--path", "--upstream", "--server-name", "--idle", "--list"])
    expect(proxy.usage).toContain(name);
});

test("rules have ids of their own, in the proxy's range", () => {
  const ids = proxy.rules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^WSO1\d\d$/);
});

test("what proxy nginx prints is what the parser reads", async () => {
  const { directives, problems } = parseNginx(await printed("nginx"), "nginx.conf");
  expect(problems).toEqual([]);
  expect(directives.map(({ name }) => name)).toEqual(["map", "map", "log_format", "server"]);
});
