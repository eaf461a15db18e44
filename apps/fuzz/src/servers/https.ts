import { createServer } from "node:https";
import { type AdapterStart, selfSigned } from "@wsorigin/testing";
import { page, startOn } from "./start.ts";

export const start: AdapterStart = startOn(() => createServer({ ...selfSigned }, page));
