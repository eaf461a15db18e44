import { createServer } from "node:http";
import { guarded, type StartGuarded } from "../../testing/test/guarded.ts";
import { guard } from "../src/index.ts";

export function startGuarded<P>(): StartGuarded<P> {
  return ({ policy, revocations, attach }) => {
    const server = createServer((_request, response) => void response.end("page"));
    const gate = guard(server, { policy, revocations, log: false });
    attach(server, gate);
    return guarded(server, gate);
  };
}
