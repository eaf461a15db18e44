import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { Hocuspocus } from "@hocuspocus/server";
import { type Frames, type Target, until } from "@wsorigin/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { Doc } from "yjs";
import { describeGuide, evil, page } from "../../testing/test/guides.ts";
import * as after from "../docs/hocuspocus/after.ts";
import * as before from "../docs/hocuspocus/before.ts";
import { identityOf } from "../src/index.ts";
import {
  type Library,
  type LibraryOptions,
  PageSocket,
  type SocketClass,
  socketOf,
  startLibrary,
} from "./guide-support.ts";

/** Signs in to a document as the provider does: its name, an Auth message, a token. */
async function signsIn(frames: Frames): Promise<void> {
  frames.send(Buffer.from("\u0005notes\u0002\u0000\u0000"));
  const { text } = await frames.next();
  expect(text).toContain("read-write");
}

interface Visitor {
  readonly document: Doc;
  readonly socket: HocuspocusProviderWebsocket;
  readonly provider: HocuspocusProvider;
  /** The close codes that the provider has seen. */
  readonly codes: readonly unknown[];
}

/** Hocuspocus's own provider. It ends with the test. */
function visit(url: string, WebSocketPolyfill: SocketClass, token = ""): Visitor {
  const codes: unknown[] = [];
  const socket = new HocuspocusProviderWebsocket({
    url,
    WebSocketPolyfill,
    delay: 20,
    minDelay: 0,
    factor: 1,
    onClose: ({ event }) => void codes.push(event.code),
  });
  const document = new Doc();
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: "notes", document, token });
  provider.attach();
  onTestFinished(() => {
    provider.destroy();
    socket.destroy();
    document.destroy();
  });
  return { document, socket, provider, codes };
}

/** Whether a text that one writes reaches the other. */
async function shares(one: Visitor, other: Visitor, text: string): Promise<void> {
  one.document.getText("body").insert(0, text);
  await until(() => other.document.getText("body").toJSON().includes(text), `the other one reads ${text}`);
}

const guide = {
  file: new URL("../docs/hocuspocus.md", import.meta.url),
  before,
  after,
  request: { headers: [["Cookie", "user=ann"]] },
  use: signsIn,
} as const;

describeGuide("Hocuspocus without a gate", guide, (before, after) => {
  const ann = ({ port }: Target, origin = page): Visitor =>
    visit(`ws://127.0.0.1:${port}`, socketOf(origin, "user=ann"));

  test("before: a page of another origin reads and writes its visitor's document", async () => {
    const victim = ann(before());
    const attacker = ann(before(), evil);
    await shares(victim, attacker, "secret");
    await shares(attacker, victim, "defaced");
    expect(victim.document.getText("body").toJSON()).toBe("defacedsecret");
  });

  test("after: pages of the listed origin share the document, another page does not", async () => {
    const [one, other] = [ann(after()), ann(after())];
    const attacker = ann(after(), evil);
    await shares(one, other, "secret");
    await shares(other, one, "reply");
    await until(() => attacker.codes.length > 1, "the other page has tried twice");
    expect(attacker.codes.slice(0, 2)).toEqual([1006, 1006]);
    expect(attacker.document.getText("body").toJSON()).toBe("");
  });
});

type Payload = Parameters<NonNullable<ConstructorParameters<typeof Hocuspocus>[0]>["onConnect"] & object>[0];

describe("a provider of Hocuspocus behind the gate", () => {
  interface Own extends Library {
    readonly seen: readonly unknown[];
  }

  async function start(options: LibraryOptions = {}): Promise<Own> {
    const seen: unknown[] = [];
    const look = async ({ request }: Pick<Payload, "request">): Promise<void> =>
      void seen.push(identityOf(request)?.principal);
    const hocuspocus = new Hocuspocus({ quiet: true, onConnect: look, onAuthenticate: look });
    const library = await startLibrary((server) => {
      new WebSocketServer({ server }).on("connection", (socket, request) =>
        hocuspocus.handleConnection(socket, request),
      );
    }, options);
    return { ...library, seen };
  }

  test("is known in onConnect and onAuthenticate, and is one of the connections", async () => {
    const { url, gate, seen } = await start();
    const { provider } = visit(url("ada"), PageSocket);
    await until(() => provider.isSynced, "it has the document");
    expect(seen).toEqual(["ada", "ada"]);
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
  });

  test.each([
    ["a revocation", {}, ({ revoke }: Library) => revoke({ subject: "ada" })],
    ["the end of its grant", { expires: 500 }, () => {}],
    ["disconnect()", {}, ({ gate }: Library) => void gate.disconnect(() => true, 4401)],
  ])("is told of %s with 4401, and reconnects with the URL that it has then", async (_name, options, end) => {
    const library = await start(options);
    const visitor = visit(library.url("ada"), PageSocket);
    let count = 0;
    visitor.socket.on("close", () => visitor.socket.setConfiguration({ url: library.url(`ada-${++count}`) }));
    await until(() => library.seen.length > 0, "it has arrived");
    end(library);
    await until(() => new Set(library.seen).size > 1, "it is back with another ticket");
    expect(visitor.codes[0]).toBe(4401);
  });

  test("keeps what was written meanwhile, and syncs it later", async () => {
    const library = await start();
    const [ada, bob] = [visit(library.url("ada"), PageSocket), visit(library.url("bob"), PageSocket)];
    await shares(ada, bob, "one");
    ada.socket.on("close", () => {
      ada.document.getText("body").insert(0, "two");
      ada.socket.setConfiguration({ url: library.url("ada-again") });
    });
    library.revoke({ subject: "ada" });
    await until(() => bob.document.getText("body").toJSON() === "twoone", "both are the same again");
  });

  test("tries a used ticket again and again", async () => {
    const library = await start();
    const visitor = visit(library.url("ada"), PageSocket);
    await until(() => library.seen.length > 0, "it has arrived");
    library.gate.disconnect(() => true, 4401);
    await until(() => visitor.codes.length > 3, "it has tried three times");
    expect(visitor.codes.slice(0, 4)).toEqual([4401, 1006, 1006, 1006]);
    expect(library.events.slice(1, 4).map(({ decision }) => decision.code)).toEqual(Array(3).fill("token-invalid"));
  });

  test("sends its `token` after the 101: the policy does not read it", async () => {
    const library = await start();
    const [bare = ""] = library.url("ada").split("?");
    visit(bare, PageSocket, "ada");
    await until(() => library.events.length > 0, "it is refused");
    expect(library.events[0]?.decision.code).toBe("token-missing");
  });

  test("may be served on a route of the gate, with the user as its context", async () => {
    const users: unknown[] = [];
    const hocuspocus = new Hocuspocus({
      quiet: true,
      onConnect: async ({ context }) => void users.push(context),
    });
    const { url } = await startLibrary((_server, gate) => {
      gate.route("/", (socket, { request, principal }) =>
        hocuspocus.handleConnection(socket, request, { user: principal }),
      );
    });
    const [ada, bob] = [visit(url("ada"), PageSocket), visit(url("bob"), PageSocket)];
    await shares(ada, bob, "over");
    expect(users).toEqual(expect.arrayContaining([{ user: "ada" }, { user: "bob" }]));
  });
});
