import { createServer, type Server } from "node:http";
import type { AdapterStart } from "@wsorigin/testing";
import { page, startOn } from "./start.ts";

/** From Node.js 22.23 on, such a server delivers every upgrade as an ordinary request. */
const options: object = { shouldUpgradeCallback: () => false };

export const start: AdapterStart = startOn((): Server => createServer(options, page));

export const settings = { listener: false };
