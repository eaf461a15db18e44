import { describeAdapter } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { startWithCors } from "./start.ts";

for (const order of ["before", "after"] as const)
  describeAdapter(`fastify, @fastify/cors registered ${order} it`, startWithCors(order), {
    describe,
    test,
    concurrent: test.concurrent,
  });
