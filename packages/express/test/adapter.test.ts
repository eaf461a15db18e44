import { describeAdapter } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";
import { majors } from "./majors.ts";

for (const { name, express } of majors)
  describeAdapter(name, startOn(express), { describe, test, concurrent: test.concurrent });
