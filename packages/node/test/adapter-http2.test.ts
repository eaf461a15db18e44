import { createSecureServer } from "node:http2";
import { describeAdapter, selfSigned } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

/** HTTP/1.1 on a server that speaks HTTP/2 too. Which values are allowed does not depend on that: the corpus runs elsewhere. */
describeAdapter(
  "http2 with allowHTTP1",
  startOn(() =>
    createSecureServer(
      { ...selfSigned, allowHTTP1: true, settings: { enableConnectProtocol: true } },
      (_request, response) => void response.end("page"),
    ),
  ),
  {
    describe(name, body) {
      if (name !== "The corpus") Reflect.apply(describe, undefined, [name, body]);
    },
    test,
    concurrent: test.concurrent,
  },
);
