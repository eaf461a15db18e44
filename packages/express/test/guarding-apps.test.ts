import cors from "cors";
import { describe } from "vitest";
import { describeGuardOptions } from "../../testing/test/guard-options.ts";
import { guard } from "../src/index.ts";
import { majors } from "./majors.ts";

describe.each(majors)("$name", ({ express }) => {
  describeGuardOptions({
    guard,
    makeApp: () => express(),
    corsMiddleware: cors(),
    says: { app: "must be the Express app. Write guard(", server: "createServer(app); guard(server, ...)" },
  });
});
