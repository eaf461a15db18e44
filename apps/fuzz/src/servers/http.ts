import { createServer } from "node:http";
import type { AdapterStart } from "@wsorigin/testing";
import { page, startOn } from "./start.ts";

export const start: AdapterStart = startOn(() => createServer(page));
