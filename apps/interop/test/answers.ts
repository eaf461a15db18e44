import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { servers } from "./install.ts";
import type { Setup, Stack } from "./setups.ts";

/** Statuses that a handshake gets, by the page that opens it. */
export interface Answers {
  readonly page: string;
  readonly foreign: string;
  readonly none: string;
  /** An Origin that equals Host, both of another name: DNS rebinding. */
  readonly rebound: string;
}

/** Asks a server directly, without the doctor. */
export async function answersOf({ path = "/ws", ownPage }: Setup, port: number): Promise<Answers> {
  const host = `localhost:${port}`;
  const ask = (origin: string | undefined, name = host): Promise<string> => statusOf(port, path, name, origin);
  return {
    page: await ask(ownPage ? `http://${host}` : "https://app.example.com"),
    foreign: await ask("https://evil.example"),
    none: await ask(undefined),
    rebound: await ask("http://evil.example", "evil.example"),
  };
}

async function statusOf(port: number, path: string, host: string, origin: string | undefined): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      "",
      "",
    ].join("\r\n"),
  );
  try {
    const [first] = await Promise.race([once(socket, "data"), once(socket, "end").then(() => [""])]);
    return /^HTTP\/1\.1 (\d{3})/.exec(String(first))?.[1] ?? "no answer";
  } finally {
    socket.destroy();
  }
}

const titles: Readonly<Record<Stack, string>> = {
  django: "Django Channels",
  fastapi: "FastAPI",
  go: "Go",
  spring: "Spring Boot",
  rails: "Rails",
};

/** The table of the README's page, in Markdown. */
export async function tableOf(setups: readonly Setup[], answers: ReadonlyMap<Setup, Answers>): Promise<string> {
  const versions = await versionsOf();
  const sections = [...new Set(setups.map(({ stack }) => stack))].map((stack) =>
    [
      `## ${titles[stack]}`,
      "",
      `Versions: ${versions[stack]}.`,
      "",
      "| setup | on | the page | another site | no Origin | DNS rebinding | rules | the doctor names |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ...setups.filter((setup) => setup.stack === stack).map((setup) => rowOf(setup, answers.get(setup))),
      "",
    ].join("\n"),
  );
  return [
    "# Setups, and what the doctor says of each",
    "",
    "Written by the tests. The status is what the server answers to a handshake of the page that the setup allows (https://app.example.com, or a page of the server",
    "itself), of another site, of a program that sends no Origin, and to one whose Origin and Host are both another site's (DNS rebinding).",
    "",
    ...sections,
  ].join("\n");
}

function rowOf({ what, on, rules, who }: Setup, answers: Answers | undefined): string {
  if (answers === undefined) throw new Error(`${who}, ${what}: there are no answers.`);
  const { page, foreign, none, rebound } = answers;
  return `| ${[what, on, page, foreign, none, rebound, rules.join(", ") || "none", rules.length === 0 ? "" : who].join(" | ")} |`;
}

/** What the lock files pin. */
async function versionsOf(): Promise<Readonly<Record<Stack, string>>> {
  const read = (file: string): Promise<string> => readFile(join(servers, file), "utf8");
  const [pins, modules, pom] = await Promise.all([read("requirements.txt"), read("go/go.mod"), read("spring/pom.xml")]);
  const pinned = (...names: readonly string[]): string =>
    names.map((name) => new RegExp(`^${name}==.*$`, "im").exec(pins)?.[0].replace("==", " ") ?? name).join(", ");
  const boot = /<artifactId>spring-boot-starter-parent<\/artifactId>\s*<version>(.*?)<\/version>/.exec(pom)?.[1] ?? "";
  return {
    django: pinned("Django", "channels", "daphne", "uvicorn", "Hypercorn", "django-cors-headers"),
    fastapi: pinned("fastapi", "starlette", "uvicorn", "Hypercorn"),
    go: [...modules.matchAll(/github\.com\/(\S+ v\S+)/g)].map(([, module]) => module).join(", "),
    spring: `Spring Boot ${boot}, with its own Tomcat and Jetty`,
    rails: "Action Cable 6.1 and Puma 5, of Debian 12",
  };
}
