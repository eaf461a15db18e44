import { handshake } from "@wsorigin/testing";
import type { Request } from "express";
import { describe, expect, test } from "vitest";
import { bearerProtocol, createPolicy, grant, queryParam } from "../src/index.ts";
import { majors } from "./majors.ts";
import { page, startApp } from "./support.ts";

const policy = createPolicy<unknown>({
  origins: [page],
  token: { from: [queryParam("ticket"), bearerProtocol()], verify: () => grant<unknown>({ principal: "ada" }) },
});

const requests = [
  ["the query", { path: "?a=1&ticket=secret-token&b=2", headers: [] }],
  ["a subprotocol", { path: "?a=1&b=2", headers: [["Sec-WebSocket-Protocol", "bearer.secret-token, chat.v1"]] }],
] as const;

/** Everything that a request says of itself, originalUrl (which morgan logs) among it. */
function textOf(request: Request): string {
  const { originalUrl, url, query, path, headers, rawHeaders, headersDistinct } = request;
  return JSON.stringify({ originalUrl, url, query, path, headers, rawHeaders, headersDistinct });
}

describe.each(majors)("$name", ({ express }) => {
  describe.each(requests)("a token in %s", (_where, { path, headers }) => {
    test("is in no property of the request that before and the handler get", async () => {
      const texts: string[] = [];
      const urls: string[] = [];
      const app = express();
      const { port, gate } = await startApp(app, {
        policy: policy as never,
        protocols: ["chat.v1"],
        before: [
          (request, _response, next) => {
            texts.push(textOf(request));
            next();
          },
        ],
      });
      gate.route("/chat", (socket, { request }) => {
        texts.push(textOf(request));
        urls.push(request.originalUrl, request.url);
        socket.send("open");
      });
      const answer = await handshake({ port }, { path: `/chat${path}`, headers, origin: page });
      expect((await answer.frames?.next())?.text).toBe("open");
      answer.frames?.destroy();
      expect(texts).toHaveLength(2);
      for (const text of texts) expect(text).not.toContain("secret-token");
      expect(urls).toEqual(["/chat?a=1&b=2", "/chat?a=1&b=2"]);
    });

    test("is in no property of the request that the app's middleware gets, where the app answers", async () => {
      const texts: string[] = [];
      const app = express();
      app.use((request, response) => {
        texts.push(textOf(request));
        response.status(410).send("gone");
      });
      const { port } = await startApp(app, { policy: policy as never, protocols: ["chat.v1"] });
      const answer = await handshake({ port }, { path: `/old${path}`, headers, origin: page });
      expect([answer.status, answer.body]).toEqual([410, "gone"]);
      expect(texts).toHaveLength(1);
      for (const text of texts) expect(text).not.toContain("secret-token");
    });
  });
});
