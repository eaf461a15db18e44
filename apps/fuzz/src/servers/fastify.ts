import type { AdapterStart } from "@wsorigin/testing";
import { startApp } from "./fastify-start.ts";

export const start: AdapterStart = startApp({});
