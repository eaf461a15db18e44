import { type FuzzStart, selfSigned } from "@wsorigin/testing";
import { startApp } from "./fastify-start.ts";

export const speaks = ["http1", "http2"] as const;

/** Fastify on HTTP/2 keeps HTTP/1.1 connections that are reset while it answers, on every version of Node, with a gate or without one. */
export const keepsReset = true;

export const start: FuzzStart = startApp({
  http2: true,
  http2SessionTimeout: 0,
  https: { ...selfSigned, allowHTTP1: true, settings: { enableConnectProtocol: true } },
});
