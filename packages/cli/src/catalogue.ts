import type { Command } from "./command.ts";
import type { Rule } from "./finding.ts";

/** A command that is not loaded yet: what `--help` needs of it, and how to get the rest. */
export interface Listed {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Loads the command's code and dependencies, which `--version` and `--help` do without. */
  readonly load: () => Promise<Command>;
}

export const catalogue: readonly Listed[] = [
  {
    name: "doctor",
    summary: "tries a socket from all sides, and says what is wrong, who answered and what to change",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "explain",
    summary: "says what a console line, a client's error, a line of a server's log or a close code means",
    load: async () => (await import("./commands/explain.ts")).explain,
  },
  {
    name: "proxy",
    summary: "prints the right configuration of a proxy, or says what is wrong with yours",
    load: async () => (await import("./commands/proxy.ts")).proxy,
  },
  {
    name: "audit",
    summary: "finds sockets that open for every origin, and checks that can be got around, in a project's sources",
    load: async () => (await import("./commands/audit.ts")).audit,
  },
  {
    name: "init",
    summary: "guards a project's WebSockets: shows the change as a diff, and applies it with --write",
    load: async () => (await import("./commands/init.ts")).init,
  },
];

/** Loads every command, and returns every rule there is, by id. */
export async function loadRules(): Promise<readonly Rule[]> {
  const commands = await Promise.all(catalogue.map(({ load }) => load()));
  return commands.flatMap(({ rules }) => rules).toSorted((one, two) => one.id.localeCompare(two.id));
}
