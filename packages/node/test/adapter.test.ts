import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { describeAdapter, selfSigned } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

const page: RequestListener = (_request, response) => void response.end("page");

describeAdapter(
  "http",
  startOn(() => createServer(page)),
  { describe, test, concurrent: test.concurrent },
);
describeAdapter(
  "https",
  startOn(() => createTlsServer(selfSigned, page)),
  { describe, test, concurrent: test.concurrent },
);
