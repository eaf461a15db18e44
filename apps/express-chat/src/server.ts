import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createPolicy, type DecisionEvent, guard } from "@wsorigin/express";
import { createApp, requireVisitor } from "./app.ts";
import { Chat, maxPayload } from "./chat.ts";
import { createHostilePage } from "./hostile.ts";
import { decisionLine } from "./lines.ts";
import { openToAll } from "./unguarded.ts";
import { Visitors } from "./visitors.ts";

export interface StartOptions {
  /** Where to listen; `0` is any free port, and so is one that is taken. */
  readonly ports: { readonly chat: number; readonly hostile: number };
  /** Leaves the guard out, so that one can see what it is for. */
  readonly open?: boolean;
  /** The chat's server, where it has other `upgrade` listeners already. */
  readonly server?: Server;
  readonly print?: (text: string) => void;
  readonly onDecision?: (event: DecisionEvent) => void;
}

export interface Running {
  /** `http://localhost:3000`: the chat's own origin. */
  readonly chatUrl: string;
  /** `http://localhost:3001`: another origin on the same site, to which cookies know no difference. */
  readonly hostileUrl: string;
  /** Where the chat listens. */
  readonly address: AddressInfo;
  /** Closes the sockets, then both servers. */
  close(): Promise<void>;
}

/** Starts the chat and the hostile page beside it, both for this machine only. */
export async function start({
  ports,
  open = false,
  server = createServer(),
  print = () => {},
  onDecision,
}: StartOptions): Promise<Running> {
  const visitors = new Visitors();
  const chat = new Chat();

  // A real app knows its origin before it listens; this one knows it once it has a port.
  const address = await listen(server, ports.chat, print);
  const host = `localhost:${address.port}`;
  const policy = createPolicy({ origins: [`http://${host}`], hosts: [host] });
  const app = createApp({ policy, visitors, chat, socketOrigin: `ws://${host}` });
  server.on("request", app);

  const tell = (event: DecisionEvent): void => {
    print(decisionLine(event));
    onDecision?.(event);
  };
  const gate = open
    ? openToAll(server, { visitors, chat, print })
    : guard(server, {
        app,
        policy,
        before: [requireVisitor(visitors)],
        maxPayload,
        onDecision: tell,
        log: print,
      }).route("/chat/:room", (socket, { params, request }) => chat.join(socket, params.room, visitors.of(request)));

  const hostile = createServer(createHostilePage(`http://${host}`));
  const { port } = await listen(hostile, ports.hostile, print);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await gate.close();
    await Promise.all([end(server), end(hostile)]);
  };
  return {
    chatUrl: `http://${host}`,
    hostileUrl: `http://localhost:${port}`,
    address,
    close: () => (closing ??= close()),
  };
}

/** Listens on `localhost` alone: a chat to look at is nothing for the network. */
async function listen(server: Server, port: number, print: (text: string) => void): Promise<AddressInfo> {
  try {
    return await listenOn(server, port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    const address = await listenOn(server, 0);
    print(`Port ${port} is taken; ${address.port} is used instead.`);
    return address;
  }
}

function listenOn(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once("error", failed);
    server.listen(port, "localhost", () => {
      server.off("error", failed);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("The server has no port."));
      else resolve(address);
    });
  });
}

/** Ends a server. Browsers keep connections open ahead of need, which `close()` would wait for. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
