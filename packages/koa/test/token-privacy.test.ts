import { inspect } from "node:util";
import type { Context } from "koa";
import Koa from "koa";
import { describe, expect, test } from "vitest";
import { bearerProtocol, createPolicy, grant, queryParam } from "../src/index.ts";
import { firstMessage, page, startApp } from "./support.ts";

const policy = createPolicy<unknown>({
  origins: [page],
  token: { from: [queryParam("ticket"), bearerProtocol()], verify: () => grant<unknown>({ principal: "ada" }) },
});

const requests = [
  ["the query", { path: "?a=1&ticket=secret-token&b=2", headers: [] }],
  ["a subprotocol", { path: "?a=1&b=2", headers: [["Sec-WebSocket-Protocol", "bearer.secret-token, chat.v1"]] }],
] as const;

/** Everything that a context says of its request. */
function textOf({ originalUrl, href, url, querystring, query, search, request, req }: Context): string {
  const { url: raw, headers, rawHeaders, headersDistinct } = req;
  const said = [
    originalUrl,
    href,
    url,
    querystring,
    query,
    search,
    request.originalUrl,
    request.href,
    request.toJSON(),
  ];
  return JSON.stringify([said, request, raw, headers, rawHeaders, headersDistinct]) + inspect(request);
}

describe.each(requests)("a token in %s", (_where, { path, headers }) => {
  test("is in no property of the context that before and the handler get", async () => {
    const texts: string[] = [];
    const urls: string[] = [];
    const { gate, open } = await startApp(new Koa(), {
      policy: policy as never,
      protocols: ["chat.v1"],
      before: [
        async (ctx, next) => {
          texts.push(textOf(ctx));
          await next();
        },
      ],
    });
    gate.route("/chat", (socket, ctx) => {
      texts.push(textOf(ctx));
      urls.push(ctx.originalUrl, ctx.url);
      socket.send("open");
    });
    expect(await firstMessage(await open(`/chat${path}`, { headers }))).toBe("open");
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(text).not.toContain("secret-token");
    expect(urls).toEqual(["/chat?a=1&b=2", "/chat?a=1&b=2"]);
  });

  test("is in no property of the context that the app's middleware gets, where the app answers", async () => {
    const texts: string[] = [];
    const app = new Koa();
    app.use((ctx) => {
      texts.push(textOf(ctx));
      ctx.status = 410;
      ctx.body = "gone";
    });
    const { open } = await startApp(app, { policy: policy as never, protocols: ["chat.v1"] });
    expect(await open(`/old${path}`, { headers })).toMatchObject({ status: 410, body: "gone" });
    expect(texts).toHaveLength(1);
    for (const text of texts) expect(text).not.toContain("secret-token");
  });
});
