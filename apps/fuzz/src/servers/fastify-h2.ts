import { type AdapterStart, selfSigned } from "@wsorigin/testing";
import { startApp } from "./fastify-start.ts";

export const speaks = ["http1", "http2"] as const;

export const start: AdapterStart = startApp({
  http2: true,
  http2SessionTimeout: 0,
  https: { ...selfSigned, allowHTTP1: true, settings: { enableConnectProtocol: true } },
});
