import type { Runner } from "./manifest.ts";
import type { Start } from "./start.ts";

/** What the test is about. */
export interface TestPlan {
  readonly runner: Runner;
  /** Where the file goes, with forward slashes. */
  readonly file: string;
  readonly esm: boolean;
  readonly start: Start;
  readonly path: string;
  /** An origin that the policy allows. */
  readonly origin: string;
  /** Environment variables that the policy reads: they get the origin. */
  readonly variables: readonly string[];
  readonly quote: '"' | "'";
  readonly semicolons: boolean;
  readonly typed: boolean;
}

/** The test of the user's own runner: a file of its own. */
export function testFile(plan: TestPlan): string {
  const body =
    plan.start.kind === "program" ? program(plan) : plan.start.kind === "import" ? imported(plan) : byUrl(plan);
  const quoted =
    plan.quote === '"' ? body : body.map((line) => (line.trim().startsWith("//") ? line : line.replaceAll('"', "'")));
  const ended = plan.semicolons ? quoted : quoted.map((line) => line.replace(/;$/, ""));
  return `${ended.join("\n")}\n`;
}

const about = [
  "// Who can open a WebSocket on this server: the listed page can; other pages, other programs and malformed handshakes cannot.",
  "// What is sent: https://github.com/wsorigin/wsorigin/tree/main/packages/testing",
];

function program(plan: TestPlan): string[] {
  const { start, path, origin, file } = plan;
  if (start.kind !== "program") return [];
  const up = "../".repeat(file.split("/").length - 1) || "./";
  const fixed = start.listening.variable === undefined ? start.listening.port : undefined;
  const env = environment(plan, start.listening.variable);
  return [
    ...about,
    ...lines(plan, [
      [["spawn"], "node:child_process"],
      [["once"], "node:events"],
      [["connect", ...(fixed === undefined ? ["createServer"] : [])], "node:net"],
      ...(plan.esm ? [] : [[["join"], "node:path"] as const]),
      [["setTimeout: delay"], "node:timers/promises"],
    ]),
    ...runnerLines(plan),
    "",
    plan.typed ? "let program: ReturnType<typeof spawn> | undefined;" : "let program;",
    plan.typed ? "let started: ReturnType<typeof start> | undefined;" : "let started;",
    "",
    "async function start() {",
    fixed === undefined ? "  const port = await freePort();" : `  const port = ${fixed};`,
    `  program = spawn(process.execPath, [${start.args.map((arg) => JSON.stringify(arg)).join(", ")}], {`,
    `    cwd: ${plan.esm ? `new URL("${up}", import.meta.url)` : `join(__dirname, "${up}")`},`,
    `    env: { ...process.env, ${env} },`,
    '    stdio: "inherit",',
    "  });",
    "  while (!(await accepts(port))) {",
    '    if (program.exitCode !== null) throw new Error("The server ended before it accepted a connection.");',
    "    await delay(50);",
    "  }",
    ...returned(path, origin),
    "}",
    "",
    ...(fixed === undefined ? freePort : []),
    ...accepts(plan.typed),
    `${afterAll[plan.runner]}(() => program?.kill());`,
    "",
    ...described(plan),
  ];
}

function returned(path: string, origin: string): string[] {
  return [
    "  return {",
    "    port,",
    '    host: "localhost",',
    `    path: ${JSON.stringify(path)},`,
    `    origin: ${JSON.stringify(origin)},`,
    "    close() {},",
    "  };",
  ];
}

/** The variables of the server's process, as properties. */
function environment({ variables, origin }: TestPlan, port: string | undefined): string {
  return [
    ...(port === undefined ? [] : [`${port}: String(port)`]),
    ...variables.map((name) => `${name}: ${JSON.stringify(origin)}`),
  ].join(", ");
}

const freePort: readonly string[] = [
  "async function freePort() {",
  "  const server = createServer().listen(0);",
  '  await once(server, "listening");',
  "  const address = server.address();",
  "  server.close();",
  '  return address !== null && typeof address === "object" ? address.port : 0;',
  "}",
  "",
];

function accepts(typed: boolean): string[] {
  return [
    `async function accepts(port${typed ? ": number" : ""}) {`,
    '  const socket = connect({ port, host: "localhost" });',
    "  try {",
    '    await once(socket, "connect");',
    "    return true;",
    "  } catch {",
    "    return false;",
    "  } finally {",
    "    socket.destroy();",
    "  }",
    "}",
    "",
  ];
}

function imported(plan: TestPlan): string[] {
  const { start, path, origin, file } = plan;
  if (start.kind !== "import") return [];
  const { entry, variable, port } = start.listening;
  const up = "../".repeat(file.split("/").length - 1) || "./";
  const fixed = variable === undefined ? port : undefined;
  return [
    ...about,
    ...lines(plan, [
      [["once"], "node:events"],
      [["connect", ...(fixed === undefined ? ["createServer"] : [])], "node:net"],
      [["setTimeout: delay"], "node:timers/promises"],
    ]),
    ...runnerLines(plan),
    "",
    plan.typed ? "let started: ReturnType<typeof start> | undefined;" : "let started;",
    "",
    "async function start() {",
    fixed === undefined ? "  const port = await freePort();" : `  const port = ${fixed};`,
    `  Object.assign(process.env, { ${environment(plan, variable)} });`,
    `  await import("${up}${entry.replace(/\.([cm]?)ts$/, ".$1js")}");`,
    "  while (!(await accepts(port))) await delay(50);",
    ...returned(path, origin),
    "}",
    "",
    ...(fixed === undefined ? freePort : []),
    ...accepts(plan.typed),
    ...described(plan),
  ];
}

function byUrl(plan: TestPlan): string[] {
  const title = "the WebSockets of this server: set SOCKET_URL, such as ws://localhost:3000/chat";
  const none = `() => void ${plan.runner === "mocha" ? "it" : "test"}("is skipped", () => {})`;
  const skip =
    plan.runner === "node"
      ? `describe(${JSON.stringify(title)}, { skip: true }, ${none});`
      : `describe.skip(${JSON.stringify(title)}, ${none});`;
  return [
    ...about,
    "// Start the server first, and name its socket: SOCKET_URL=ws://localhost:3000/chat",
    ...runnerLines(plan),
    "",
    'const url = process.env["SOCKET_URL"];',
    "if (url === undefined) {",
    `  ${skip}`,
    "} else {",
    "  const { hostname, port, protocol, pathname, search } = new URL(url);",
    '  const tls = protocol === "wss:";',
    "  const endpoint = {",
    "    port: Number(port) || (tls ? 443 : 80),",
    "    host: hostname,",
    "    tls,",
    "    path: pathname + search,",
    `    origin: ${JSON.stringify(plan.origin)},`,
    "    close() {},",
    "  };",
    `  describeEndpoint("the WebSockets of this server", () => endpoint, ${runnerObject(plan)});`,
    "}",
  ];
}

const afterAll: Readonly<Record<Runner, string>> = {
  node: "after",
  vitest: "afterAll",
  jest: "afterAll",
  mocha: "after",
};

/** What runs the tests, from where the runner has it. */
function runnerLines(plan: TestPlan): string[] {
  const names = plan.start.kind === "program" ? [afterAll[plan.runner], "describe", "test"] : ["describe", "test"];
  const from = { node: "node:test", vitest: "vitest", jest: "@jest/globals", mocha: undefined }[plan.runner];
  return lines(plan, [
    ...(from === undefined ? [] : [[names, from] as const]),
    [["describeEndpoint"], "@wsorigin/testing"],
  ]);
}

function described(plan: TestPlan): string[] {
  const start = "() => (started ??= start())";
  if (plan.runner === "node")
    return [`describeEndpoint("the WebSockets of this server", ${start}, { describe, test });`];
  return [
    `describeEndpoint("the WebSockets of this server", ${start}, {`,
    "  describe,",
    "  // The first test starts the server, and a server may leave a malformed handshake unanswered.",
    `  test: ${patientTest[plan.runner]},`,
    "});",
  ];
}

function runnerObject({ runner }: TestPlan): string {
  return runner === "node" ? "{ describe, test }" : `{ describe, test: ${patientTest[runner]} }`;
}

/** Vitest and Jest end a test after five seconds, Mocha after two. */
const patientTest: Readonly<Record<Exclude<TestPlan["runner"], "node">, string>> = {
  vitest: "(name, body) => test(name, body, 30_000)",
  jest: "(name, body) => test(name, body, 30_000)",
  mocha: "(name, body) => it(name, body).timeout(30_000)",
};

function lines({ esm, runner }: TestPlan, imports: readonly (readonly [readonly string[], string])[]): string[] {
  // Vitest compiles every test as an ES module.
  const asModule = esm || runner === "vitest";
  return imports.map(([names, from]) =>
    asModule
      ? `import { ${names.join(", ").replace("setTimeout: delay", "setTimeout as delay")} } from "${from}";`
      : `const { ${names.join(", ")} } = require("${from}");`,
  );
}
