import { describe, expect, test, vi } from "vitest";
import { engineIo } from "./peers/engine-io.ts";
import { graphqlWs } from "./peers/graphql-ws.ts";
import { socketIo } from "./peers/socket-io.ts";
import { type Row, Stage, type Variant } from "./peers/stage.ts";
import { type Compared, type Observed, statusOf, table } from "./peers/table.ts";
import { wsHandshake } from "./peers/ws-handshake.ts";
import { fieldCutOff, wsMalformed } from "./peers/ws-malformed.ts";
import { wsMessages } from "./peers/ws-messages.ts";

const libraries: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ["ws", [...wsHandshake, ...wsMalformed, ...wsMessages]],
  ["engine.io", engineIo],
  ["Socket.IO", socketIo],
  ["graphql-ws", graphqlWs],
];

// graphql-ws logs what a hook throws.
vi.spyOn(console, "error").mockImplementation(() => {});

const compared = new Map<string, Compared>();

describe.each(libraries)("%s", (library, rows) => {
  test.concurrent.each(rows.map((row) => [row.name, row] as const))("%s", async (name, row) => {
    const [bare, first, last] = await Promise.all([
      observe(row, "bare"),
      observe(row, "gate first"),
      observe(row, "gate last"),
    ]);
    expect(last).toEqual(first);
    compared.set(`${library} ${name}`, { library, row, bare, gated: first });
    // Where a difference is explained, there must be one.
    const different: unknown = expect.not.objectContaining({ ...bare });
    expect(first).toEqual(row.differs === undefined ? bare : different);
  });
});

// Not in the table, because the version of Node.js decides: from 22.23 on, Node itself answers 431 to more fields than maxHeadersCount.
test("ws answers 400 where maxHeadersCount cuts the Upgrade field off; with a gate the app answers an ordinary request, or Node answers both", async () => {
  const [bare, gated] = [await observe(fieldCutOff, "bare"), await observe(fieldCutOff, "gate first")];
  const statuses = [statusOf(bare.seen), statusOf(gated.seen)];
  const tooLarge = "431 Request Header Fields Too Large";
  expect([
    ["400 Bad Request", "404 Not Found"],
    [tooLarge, tooLarge],
  ]).toContainEqual(statuses);
  expect(gated.refusals).toEqual([]);
});

/** Runs a row, and makes JSON of what it observed. */
async function observe(row: Row, variant: Variant): Promise<Observed> {
  const stage = new Stage(variant);
  try {
    const seen: unknown = JSON.parse(JSON.stringify((await row.run(stage)) ?? null));
    expect(stage.errors).toEqual([]);
    return { seen, refusals: stage.refusals };
  } finally {
    await stage.close();
  }
}

test("peers.md says what was compared", async () => {
  const rows = libraries.flatMap(([library, all]) => all.map(({ name }) => compared.get(`${library} ${name}`)));
  const complete = rows.filter((row) => row !== undefined);
  expect(complete).toHaveLength(rows.length);
  await expect(table(complete)).toMatchFileSnapshot("../peers.md");
});
