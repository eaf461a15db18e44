import { buildSchema } from "graphql";
import { type Client, type ClientOptions, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page, started } from "../../testing/test/guides.ts";
import { run } from "../../testing/test/program.ts";
import * as after from "../docs/graphql-ws/after.ts";
import { bearerProtocol, createPolicy, grant, identityOf } from "../src/index.ts";
import {
  type Library,
  type LibraryOptions,
  PageSocket,
  type SocketClass,
  socketOf,
  startLibrary,
} from "./guide-support.ts";

const schema = buildSchema(`
  type Query { user: String }
  type Subscription { user: String }
`);

const roots = {
  query: { user: (_arguments: unknown, user: unknown) => user },
  subscription: {
    async *user(_arguments: unknown, user: unknown) {
      yield { user };
      await new Promise(() => {});
    },
  },
};

/** graphql-ws's own client, as a page has it, but without its delays. It ends with its server: later, it would connect again to one that is closing. */
function clientOf(options: ClientOptions): Client {
  const client = createClient({ webSocketImpl: PageSocket, retryWait: async () => {}, ...options });
  afterwards(async () => client.dispose());
  return client;
}

interface Subscription {
  readonly heard: readonly unknown[];
  /** With what it failed, once it has. */
  readonly failure: () => unknown;
}

function subscribe(client: Client): Subscription {
  const heard: unknown[] = [];
  let failure: unknown;
  client.subscribe(
    { query: "subscription { user }" },
    {
      next: ({ data }) => void heard.push(data?.["user"]),
      error: (error) => (failure = error),
      complete: () => {},
    },
  );
  return { heard, failure: () => failure };
}

test("after: the context knows the page of a socket", async () => {
  const { port } = await started(run(after));
  const client = clientOf({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: socketOf(page) });
  const { value } = await client.iterate({ query: "{ page }" }).next();
  expect(value).toEqual({ data: { page } });
});

describe("a client of graphql-ws behind the gate", () => {
  const start = (options: LibraryOptions = {}): Promise<Library> =>
    startLibrary((server) => {
      useServer(
        { schema, roots, context: ({ extra }) => identityOf(extra.request)?.principal },
        new WebSocketServer({ server }),
      );
    }, options);

  const endings = [
    ["a revocation", {}, ({ revoke }: Library) => revoke({ subject: "ada" })],
    ["the end of its grant", { expires: 500 }, () => {}],
    ["disconnect()", {}, ({ gate }: Library) => void gate.disconnect(() => true, 4401)],
  ] as const;

  test("is known in the context, and is one of the connections", async () => {
    const { url, gate } = await start();
    const { heard } = subscribe(clientOf({ url: url("ada") }));
    await until(() => heard.length > 0, "it is answered");
    expect(heard).toEqual(["ada"]);
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
  });

  test.each(endings)("is told of %s with 4401, and does not try again", async (_name, options, end) => {
    const library = await start(options);
    const { heard, failure } = subscribe(clientOf({ url: library.url("ada"), shouldRetry: () => true }));
    await until(() => heard.length > 0 || failure() !== undefined, "it is answered, or is late");
    end(library);
    await until(() => failure() !== undefined, "the subscription fails");
    expect(failure()).toMatchObject({ code: 4401 });
    expect(library.events).toHaveLength(1);
  });

  test("is told of a revocation with 3000 by `closeCodes: iana`, and comes back with what its url() returns then", async () => {
    const library = await start({ closeCodes: "iana" });
    let count = 0;
    const codes: unknown[] = [];
    const { heard } = subscribe(
      clientOf({
        url: () => library.url(`ada-${++count}`),
        on: { closed: (event) => void codes.push(Reflect.get(Object(event), "code")) },
      }),
    );
    await until(() => heard.length > 0, "it is answered");
    library.revoke({ subject: "ada-1" });
    await until(() => heard.length > 1, "it is answered again");
    expect(heard).toEqual(["ada-1", "ada-2"]);
    expect(codes).toEqual([3000]);
  });

  test("gives up at a refused handshake, unless `shouldRetry` says otherwise", async () => {
    const { url, events } = await start();
    const used = url("ada");
    const first = subscribe(clientOf({ url: used }));
    await until(() => first.heard.length > 0, "it is answered");
    const second = subscribe(clientOf({ url: used }));
    await until(() => second.failure() !== undefined, "the subscription fails");
    expect(events.map(({ decision }) => decision.code)).toEqual(["origin-listed", "token-invalid"]);
    const third = subscribe(clientOf({ url: used, shouldRetry: () => true, retryAttempts: 2 }));
    await until(() => third.failure() !== undefined, "it gives up");
    expect(events).toHaveLength(5);
  });

  test("sends connectionParams after the 101: the policy reads none", async () => {
    const { url, events } = await start();
    const [bare = ""] = url("ada").split("?");
    const { failure } = subscribe(clientOf({ url: bare, connectionParams: { ticket: "ada" } }));
    await until(() => failure() !== undefined, "the subscription fails");
    expect(events[0]?.decision.code).toBe("token-missing");
  });

  test("can send a token as a subprotocol, if its WebSocket adds it, and is answered with its own protocol", async () => {
    const policy = createPolicy<string>({
      origins: ["https://app.example"],
      token: { from: [bearerProtocol()], verify: (token) => grant({ principal: token }) },
    });
    const { url } = await start({ policy, protocols: ["graphql-transport-ws"] });
    const WithToken: SocketClass = class extends PageSocket {
      constructor(address: string | URL, protocol?: string | string[]) {
        super(address, [protocol ?? [], "bearer.ada"].flat());
      }
    };
    const { heard } = subscribe(clientOf({ url: url("nobody"), webSocketImpl: WithToken }));
    await until(() => heard.length > 0, "it is answered");
    expect(heard).toEqual(["ada"]);
  });
});
