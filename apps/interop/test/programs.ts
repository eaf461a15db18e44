import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Stack } from "./setups.ts";

/** What each stack needs of the machine, and what to install where it is missing. */
const needed: Readonly<Record<Stack, { readonly programs: readonly string[]; readonly install: string }>> = {
  django: { programs: ["python3"], install: "Python 3.10 or later with venv: apt-get install python3-venv" },
  fastapi: { programs: ["python3"], install: "Python 3.10 or later with venv: apt-get install python3-venv" },
  go: { programs: ["go"], install: "Go 1.23 or later: apt-get install golang-go" },
  spring: {
    programs: ["java", "mvn", "nginx"],
    install: "Java 17 or later, Maven and nginx: apt-get install default-jdk-headless maven nginx-light",
  },
  rails: {
    programs: ["ruby", "puma"],
    install: "Ruby with Action Cable and Puma: apt-get install ruby-actioncable ruby-railties puma",
  },
};

/** Why the setups of a stack cannot be started here; `undefined` where they can. */
export function missing(stack: Stack): string | undefined {
  const { programs, install } = needed[stack];
  const absent = programs.filter((program) => pathOf(program) === undefined);
  return absent.length === 0 ? undefined : `${absent.join(" and ")} not found. Install ${install}.`;
}

/** Where a program is. */
function pathOf(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/go/bin"];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
