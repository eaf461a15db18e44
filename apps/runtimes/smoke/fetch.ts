// Serves the corpus behind `upgradeGuard` on the Bun or Deno that starts this program, one guard a path. Prints its port.
import { bearerProtocol, createPolicy, grant, PolicyError } from "@wsorigin/core";
import { type UpgradeGuard, upgradeGuard } from "@wsorigin/fetch";
import { hostCases, originCases, policyOptionsOf } from "@wsorigin/testing";

interface Upgraded {
  readonly headers: Readonly<Record<string, string>>;
}

/** As much of the runtimes as is used here. */
interface Runtimes {
  readonly Bun?: {
    serve(options: {
      readonly port: 0;
      readonly fetch: (
        request: Request,
        server: { upgrade(request: Request, options: Upgraded): boolean },
      ) => Promise<Response | undefined>;
      readonly websocket: { readonly message: () => void };
    }): { readonly port: number };
  };
  readonly Deno?: {
    serve(
      options: { readonly port: 0; readonly onListen: (address: { readonly port: number }) => void },
      handler: (request: Request) => Promise<Response | undefined>,
    ): void;
    upgradeWebSocket(
      request: Request,
      options: { readonly protocol: string | undefined },
    ): { readonly response: Response };
  };
}

const bearer = upgradeGuard({
  policy: createPolicy({
    origins: ["https://app.example"],
    token: { from: [bearerProtocol()], verify: () => grant({ principal: "Ada" }) },
  }),
  protocols: ["chat.v1"],
  log: false,
});
const guards = [...originCases, ...hostCases].map((row): UpgradeGuard<unknown> | undefined => {
  try {
    return upgradeGuard<unknown>({ policy: createPolicy(policyOptionsOf(row)), log: false });
  } catch (error) {
    // A wrong configuration denies.
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
});

async function serve(
  request: Request,
  upgrade: (protocol: string | undefined) => Response | undefined,
): Promise<Response | undefined> {
  // Bun's URL of a request whose Host is malformed is not a URL.
  const name = /[^/]*$/.exec(request.url)?.[0] ?? "";
  const guard: UpgradeGuard<unknown> | undefined = name === "bearer" ? bearer : guards[Number(name)];
  if (guard === undefined) return new Response(null, { status: 403 });
  const result = await guard(request);
  return result.allowed ? upgrade(result.protocol) : result.response;
}

const { Bun, Deno }: Runtimes = Object(globalThis);
const tell = (port: number): void => console.log(`listening on ${port}`);
if (Bun !== undefined) {
  const { port } = Bun.serve({
    port: 0,
    fetch: (request, server) =>
      serve(request, (protocol = "") =>
        server.upgrade(request, { headers: { "Sec-WebSocket-Protocol": protocol } })
          ? undefined
          : new Response(null, { status: 400 }),
      ),
    websocket: { message: () => {} },
  });
  tell(port);
}
Deno?.serve({ port: 0, onListen: ({ port }) => tell(port) }, (request) =>
  serve(request, (protocol) => Deno.upgradeWebSocket(request, { protocol }).response),
);
