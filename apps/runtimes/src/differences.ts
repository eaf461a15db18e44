/** A row that fails on a runtime, because the runtime differs from Node.js. */
export interface Difference {
  readonly row: string;
  /** The suites in which it fails. */
  readonly suites: readonly string[];
  readonly why: string;
}

const adapters = ["http", "https", "express 5", "express 4", "koa", "fastify"];

/** What is known to differ. The smoke test fails for any other row, and when one of these no longer fails. */
export const differences: Readonly<Record<"bun" | "deno", readonly Difference[]>> = {
  bun: [],
  deno: [
    {
      row: "Allowed handshakes without a route > a server without an upgrade listener: the request listener gets an allowed handshake and opens the socket",
      suites: adapters,
      why: "",
    },
  ],
};
