import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Answer, handshake, type HandshakeRequest, originCases, verdictOf } from "@wsorigin/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { table } from "../../../../packages/testing/test/table.ts";
import { type Contender, contenders, page, serverWithOthers } from "./contenders.ts";

/** Every row of the corpus whose policy lists exactly the one page, and that sound systems decide alike. */
const rows = originCases.filter(
  ({ policy, expect: verdict }) =>
    verdict !== "either" && JSON.stringify({ ...policy, host: undefined }) === JSON.stringify({ allow: [page] }),
);
const attacks = rows.filter((row) => (row.wire ?? verdictOf(row)) === "deny");

const evil = "https://evil.test";
const inAnHour = Date.now() + 3_600_000;

const ports = new Map<Contender, number>();
const servers: Server[] = [];

beforeAll(async () => {
  for (const contender of contenders) {
    const server = await contender.start(serverWithOthers);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    ports.set(contender, (server.address() as AddressInfo).port);
  }
});

afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function ask(contender: Contender, request: HandshakeRequest, exp = inAnHour): Promise<Answer> {
  const port = ports.get(contender) ?? 0;
  const path = `${contender.path}${contender.path.includes("?") ? "&" : "?"}exp=${exp}`;
  return handshake({ port }, { path, hostHeader: "api.example.com", ...request });
}

async function opens(contender: Contender, request: HandshakeRequest): Promise<boolean> {
  const answer = await ask(contender, request);
  answer.frames?.destroy();
  return answer.status === 101;
}

/** How many of the corpus's foreign, forged and missing Origins open a socket. */
async function letIn(contender: Contender): Promise<number> {
  let count = 0;
  for (const { origin } of attacks) if (await opens(contender, { origin })) count++;
  return count;
}

/** Whether a socket outlives its token: whether it still answers when the one of wsorigin was closed. */
async function outlivesToken(contender: Contender, over: Promise<unknown>, exp: number): Promise<boolean> {
  const { frames } = await ask(contender, { origin: page }, exp);
  if (frames === undefined) throw new Error(`${contender.name} opened no socket`);
  await over;
  if (contender.path.startsWith("/socket.io")) frames.send("40");
  else frames.send("still there?");
  for (;;) {
    const frame = await frames.next();
    const isAnswer = frame.kind === "text" && (frame.text === "still there?" || frame.text.startsWith("40"));
    if (!isAnswer && frame.kind !== "close") continue;
    frames.destroy();
    return frame.kind !== "close";
  }
}

const heading = [
  "",
  "foreign Origins let in",
  "bypass: other listener",
  "bypass: request handler",
  "closes at expiry",
  "remark",
];

/** Where the table stands. */
const place = /(<!-- comparison -->)[^]*(<!-- \/comparison -->)/;

const yes = (value: boolean): string => (value ? "yes" : "no");

test("the README's comparison is what these servers do", async () => {
  for (const contender of contenders) expect(await opens(contender, { origin: page })).toBe(true);

  const exp = Date.now() + 6000;
  const wsorigin = contenders.at(-1);
  if (wsorigin === undefined) throw new Error("There is nothing to compare with.");
  const closed = ask(wsorigin, { origin: page }, exp).then(({ frames }) => frames?.nextClose());
  const lives = contenders.map((contender) => outlivesToken(contender, closed, exp));

  const lines: string[][] = [];
  for (const [index, contender] of contenders.entries()) {
    const foreign = { origin: evil } as const;
    lines.push([
      contender.name,
      `${await letIn(contender)} of ${attacks.length}`,
      yes(await opens(contender, { ...foreign, path: "/debug" })),
      yes(
        await opens(contender, {
          ...foreign,
          path: "/proxy",
          omit: ["connection"],
          headers: [["Connection", "keep-alive"]],
        }),
      ),
      yes(!(await lives[index])),
      contender.remark,
    ]);
  }
  const readme = fileURLToPath(new URL("../../../../README.md", import.meta.url));
  const text = await readFile(readme, "utf8");
  await expect(
    text.replace(place, (_, start, end) => `${start}\n\n${table([heading, ...lines])}\n\n${end}`),
  ).toMatchFileSnapshot(readme);
});
