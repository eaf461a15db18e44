import { createSecureServer } from "node:http2";
import { type FuzzStart, selfSigned } from "@wsorigin/testing";
import { startOn } from "./start.ts";

export const speaks = ["http1", "http2"] as const;

export const uses = ["middleware"] as const;

/** What browsers speak to: HTTP/2 and HTTP/1.1 over TLS. */
export const start: FuzzStart = startOn(() =>
  createSecureServer(
    { ...selfSigned, allowHTTP1: true, settings: { enableConnectProtocol: true } },
    (_request, response) => {
      response.end("page");
    },
  ),
);
