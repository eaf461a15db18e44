import { createServer } from "node:https";
import { type FuzzStart, selfSigned } from "@wsorigin/testing";
import { startOn } from "./start.ts";

export const uses = ["middleware", "requests"] as const;

export const start: FuzzStart = startOn((listener) => createServer({ ...selfSigned }, listener));
