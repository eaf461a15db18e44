import { createServer, type Server } from "node:http";
import type { FuzzStart } from "@wsorigin/testing";
import { startOn } from "./start.ts";

/** From Node.js 22.23 on, such a server delivers every upgrade as an ordinary request. */
const options: object = { shouldUpgradeCallback: () => false };

export const uses = ["middleware", "requests"] as const;

export const start: FuzzStart = startOn((listener): Server => createServer(options, listener));

export const settings = { listener: false };
