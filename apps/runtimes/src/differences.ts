/** A row that fails on a runtime, because the runtime differs from Node.js. */
export interface Difference {
  readonly row: string;
  /** The suites in which it fails. */
  readonly suites: readonly string[];
  /** For the README: what is different, and what follows from it. */
  readonly why: string;
}

const adapters = ["http", "express 5", "express 4", "koa", "fastify"];

const byHand: Difference = {
  row: "Allowed handshakes without a route > a server without an upgrade listener: the request listener gets an allowed handshake and opens the socket",
  suites: adapters,
  why: "A request handler cannot open a socket by writing to `request.socket`. The policy decides before it either way.",
};

/** What each target of a malformed request line is called in the suite. */
const answeredByBun = ['"ws://api.example/foreign"', '"*"'].map((target) => ({
  row: `Targets and bodies > the target ${target}: 400 handshake-malformed, and nothing else on the server is reached`,
  suites: adapters,
  why: "Bun itself refuses a request target that is not a path, with a 400 of its own.",
}));

const closeCodes = ["4401 of disconnect()", "4401 of the end of its token", "1001 of the shutdown of the gate"].map(
  (code) => ({
    row: `gets the close code ${code}`,
    suites: ["ws, delegated"],
    why: "A socket that your own `ws` opened is ended without a close frame: the client sees 1006 in place of 4401 or 1001. Routes of the gate send the code.",
  }),
);

/** What is known to differ. The smoke test fails for any other row, and when one of these no longer fails. */
export const differences: Readonly<Record<"bun" | "deno", readonly Difference[]>> = {
  bun: [
    {
      row: "The first message > first message: an unfinished frame that is too long closes with 4401, token-malformed",
      suites: adapters,
      why: "`firstMessage({ maxBytes })` is enforced when the message is complete. Until then `maxPayload` limits what a client can send before its token is verified, so set that too.",
    },
    ...closeCodes,
    {
      row: "Allowed handshakes without a route > an unanswered upgrade behind a pipelined GET: both are answered in order, and the connection is closed",
      suites: adapters,
      why: "An allowed handshake behind a pipelined GET that no listener answers is reported as accepted.",
    },
    {
      row: "Handshakes without Connection: Upgrade > HTTP/2.0 in the request line and no Connection line: another page does not reach a request handler that opens sockets",
      suites: adapters,
      why: "Bun itself refuses `HTTP/2.0` in a request line, so there is no event.",
    },
    ...answeredByBun,
    byHand,
  ],
  deno: [byHand],
};
