import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { browserFields } from "./strings.ts";
import { host, path } from "./servers.ts";

/** How long a round may take, in milliseconds, before the run is given up. */
const patience = 20_000;

const inFlight = 16;

/**
 * Opens `count` handshakes, 16 at a time, and closes each as soon as it is answered with 101; one that is refused is
 * closed by the server. Raw sockets, so that the client costs little.
 */
export async function openMany(port: number, origin: string, count: number, accepted: boolean): Promise<void> {
  const bytes = requestBytes(origin);
  const open = new Set<Socket>();
  let left = count;
  const timer = setTimeout(() => {
    left = 0;
    for (const socket of open) socket.destroy(new Error("The round took too long."));
  }, patience);
  const some = async (): Promise<void> => {
    while (left-- > 0) {
      const status = await openOne(port, bytes, open);
      const right = accepted ? status === "101" : status === "401" || status === "403";
      if (!right) throw new Error(`A handshake was answered with ${JSON.stringify(status)}.`);
    }
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, some));
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the status once the connection is gone. */
function openOne(port: number, bytes: Buffer, open: Set<Socket>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let status = "";
    open.add(socket);
    socket.once("connect", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      status ||= chunk.toString("latin1", 9, 12);
      if (status === "101") socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => {
      open.delete(socket);
      resolve(status);
    });
  });
}

/** One open socket, over which messages are echoed. */
export interface EchoClient {
  /** Sends `count` messages, 64 at a time, and waits for as many. */
  echo(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Masked by zeros: the server unmasks them all the same. */
const message = "The quick brown fox jumps over the lazy dog.";
const window = 64;
const outgoing = Buffer.concat(
  Array.from({ length: window }, () =>
    Buffer.concat([Buffer.from([0x81, 0x80 | message.length, 0, 0, 0, 0]), Buffer.from(message)]),
  ),
);
const incomingLength = (2 + message.length) * window;

export async function openEcho(port: number, origin: string): Promise<EchoClient> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write(requestBytes(origin));
  const [head]: Buffer[] = await once(socket, "data");
  if (head?.toString("latin1", 9, 12) !== "101") throw new Error("The socket was not opened.");
  return {
    async echo(count) {
      for (let sent = 0; sent < count; sent += window) {
        const answered = received(socket, incomingLength);
        socket.write(outgoing);
        await answered;
      }
    },
    async close() {
      socket.destroy();
      if (!socket.closed) await once(socket, "close");
    },
  };
}

function received(socket: Socket, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = length;
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      socket.off("data", take).off("close", lost);
      if (error === undefined) resolve();
      else reject(error);
    };
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left === 0) settle();
      else if (left < 0) settle(new Error("More came back than was sent."));
    };
    const lost = (): void => settle(new Error("The socket was closed."));
    const timer = setTimeout(() => settle(new Error("No echo.")), patience);
    socket.on("data", take).once("close", lost);
  });
}

/** A browser's handshake, as bytes. */
export function requestBytes(origin: string, query = "room=7"): Buffer {
  const fields = browserFields(host, origin).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path}?${query} HTTP/1.1\r\n${fields.join("")}\r\n`, "latin1");
}
