import { describeAdapter } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { start } from "./start.ts";

describeAdapter("koa", start, { describe, test, concurrent: test.concurrent });
