import { createServer } from "node:https";
import { type FuzzStart, selfSigned } from "@wsorigin/testing";
import { startOn } from "./start.ts";

export const uses = ["middleware", "requests"] as const;

/** Node.js 24 and later keep some TLS connections that a client resets right after it has sent a request: with a gate and without one. Earlier versions do not. */
export const keepsReset: boolean = Number(process.versions.node.split(".", 1)[0]) >= 24;

export const start: FuzzStart = startOn((listener) => createServer({ ...selfSigned }, listener));
