import { endpointRows } from "./endpoint-rows.ts";
import { nodeRunner, type Runner } from "./runner.ts";
import { type Endpoint, Visitor } from "./visitor.ts";

export type { Endpoint } from "./visitor.ts";

/**
 * Tests from outside, over real sockets, who can open a socket on a server of any kind: the listed page can; other pages, other programs and
 * malformed handshakes cannot.
 *
 * @param start called for every test; if starting is slow, return the same server each time with a `close` that does nothing
 * @param runner vitest's, jest's or node:test's `{ describe, test }`; node:test by default
 */
export function describeEndpoint(
  name: string,
  start: () => Promise<Endpoint> | Endpoint,
  runner: Runner = nodeRunner,
): void {
  runner.describe(name, () => {
    for (const row of endpointRows) {
      runner.test(row.name, async () => {
        const endpoint = await start();
        try {
          await row.run(new Visitor(endpoint));
        } finally {
          await endpoint.close();
        }
      });
    }
  });
}
