import { createServer } from "node:http";
import Koa from "koa";
import { guarded, type StartGuarded } from "../../testing/test/guarded.ts";
import { guard } from "../src/index.ts";

export function startGuarded<P>(): StartGuarded<P> {
  return ({ policy, revocations, before, attach }) => {
    const app = new Koa();
    const answer = app.callback();
    const server = createServer((request, response) => void answer(request, response));
    const gate = guard(server, {
      app,
      policy,
      revocations,
      log: false,
      before: [
        async (ctx, next) => {
          const status = before?.(ctx.req);
          if (status === undefined) await next();
          else ctx.status = status;
        },
      ],
    });
    attach(server, gate);
    return guarded(server, gate);
  };
}
