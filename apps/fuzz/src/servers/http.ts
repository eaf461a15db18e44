import { createServer } from "node:http";
import type { FuzzStart } from "@wsorigin/testing";
import { startOn } from "./start.ts";

export const uses = ["middleware", "requests"] as const;

export const start: FuzzStart = startOn((listener) => createServer(listener));
