import type { Frameworks } from "./adapters.ts";
import type { Guarded } from "./guards.ts";
import type { Origins } from "./origins.ts";
import type { PackageManager } from "./package-manager.ts";
import type { PolicyPlan } from "./policy.ts";
import type { Socket } from "./sockets.ts";
import type { PlannedTest } from "./test-plan.ts";

interface RemainsInput {
  readonly manager: PackageManager;
  readonly frameworks: Frameworks;
  readonly guarded: Guarded;
  readonly origins: Origins;
  readonly policy: PolicyPlan;
  readonly variables: readonly { readonly name: string; readonly code: string }[];
  readonly test: PlannedTest;
  readonly sockets: readonly Socket[];
  readonly findings: readonly string[];
}

/** What the user has to do, in this order. */
export function remainsOf(input: RemainsInput): string[] {
  const { manager, frameworks, guarded, origins, policy, variables, test, sockets, findings } = input;
  const updates = [...guarded.packages].flatMap((name) => frameworks.updates(name.slice("@wsorigin/".length)) ?? []);
  return [
    ...updates,
    `Install what package.json names now: ${manager.install}`,
    ...variables.map(
      ({ name, code }) =>
        `Set ${name} in production to the origins of your pages, such as https://app.example.com.${/\?\?|\|\|/.test(code) ? "" : " Unset, it allows none."}`,
    ),
    ...(policy.development.length === 0
      ? [
          'No development server was found. To develop on another origin, add it to the policy for NODE_ENV other than "production".',
        ]
      : ["Set NODE_ENV=production where you deploy. Otherwise the development origins are allowed there too."]),
    ...origins.dropped.map(
      ({ text, reason, file, line }) => `${file}:${line} lists ${text}, which is not in the policy. ${reason}`,
    ),
    ...guarded.notes,
    ...testLines(test, manager, sockets),
    ...findings,
    'Add `hosts` to the policy, with the names that your server answers to, such as hosts: ["api.example.com", "localhost"]: that ends DNS rebinding.',
  ];
}

function testLines({ plan, runs }: PlannedTest, manager: PackageManager, sockets: readonly Socket[]): string[] {
  const lines = [`Run the test: ${manager.run(runs)}`];
  if (plan.start.kind === "url")
    lines.push(`${plan.file} could not be made to start your server. Start it, and set SOCKET_URL for the test.`);
  if (sockets[0]?.path === undefined && plan.start.kind !== "url")
    lines.push(
      `The path of your WebSocket is not written down. ${plan.file} uses "/": correct it there if it is another.`,
    );
  if (sockets.length > 1)
    lines.push(`${plan.file} tests ${plan.path}. Repeat describeEndpoint() for your other sockets.`);
  return lines;
}
