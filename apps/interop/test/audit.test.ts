import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { audit } from "../../../packages/cli/src/commands/audit.ts";
import { servers } from "./install.ts";
import { type Setup, setups } from "./setups.ts";

/** The audit's rules that stand for one of the doctor's. DNS rebinding (WSO054) depends on the network: it is not in the sources. */
const counterparts: Readonly<Record<string, readonly string[]>> = {
  WSO050: ["WSO260", "WSO261", "WSO262", "WSO270", "WSO271"],
  WSO052: ["WSO263"],
  WSO053: ["WSO264", "WSO272"],
};

function folderOf({ stack, name }: Setup): string {
  return stack === "django" ? join("django/setups", name) : join("spring/src/main/java/interop", name);
}

const judged = setups
  .filter(
    ({ stack, on, behindNginx }) =>
      (stack === "django" && on === "daphne") || (stack === "spring" && on === "tomcat" && !behindNginx),
  )
  // What a page of another name gets is no fault of the server.
  .filter(({ rules }) => !rules.includes("WSO023"));

async function idsIn(folder: string): Promise<readonly string[]> {
  const outcome = await audit.run([folder], {
    cwd: servers,
    progress: () => {},
    stdin: () => Promise.resolve(""),
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("There is no report.");
  return outcome.report.findings.map(({ rule }) => rule.id);
}

describe("the audit says of the sources what the doctor says of the server", () => {
  test.for(judged.map((setup) => [`${setup.stack}: ${setup.what}`, setup] as const))("%s", async ([, setup]) => {
    const found = await idsIn(folderOf(setup));
    const expected = setup.rules.filter((rule) => rule !== "WSO054");
    const seen = Object.keys(counterparts).filter((rule) => counterparts[rule]?.some((id) => found.includes(id)));
    // The CorsFilter refuses what the handler would let in: the audit warns of that.
    const hidden = setup.name === "cors_filter" ? ["WSO050"] : [];
    expect(seen).toEqual([...expected, ...hidden].toSorted());
  });
});

test("CORS beside open sockets is named", async () => {
  expect(await idsIn("django/setups/cors-headers")).toEqual(["WSO260", "WSO265"]);
  expect(await idsIn("spring/src/main/java/interop/cross_origin")).toEqual(["WSO270", "WSO273"]);
  expect(await idsIn("spring/src/main/java/interop/cors_mappings")).toEqual(["WSO270", "WSO273"]);
});
