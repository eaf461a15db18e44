import { handshake, type HandshakeRequest, type Target } from "@wsorigin/testing";
import { expect, onTestFinished, vi } from "vitest";
import { started } from "../../testing/test/guides.ts";
import { type Program, run } from "../../testing/test/program.ts";

/** The variables that the program reads, with what a developer sets. */
const variables = {
  NODE_ENV: "development",
  ALLOWED_ORIGINS: "https://app.example.com",
  ALLOWED_HOSTS: "api.example.com 127.0.0.1 api",
  LAN_ORIGINS: "http://192.168.1.5:5173",
};
export type Variables = { readonly [name in keyof typeof variables]?: string | undefined };

let loaded = 0;

/** Evaluates a program of the guide anew, with these variables beside a developer's. */
export async function load(name: "after" | "before", changed: Variables = {}): Promise<Program> {
  for (const [variable, value] of Object.entries({ ...variables, ...changed })) vi.stubEnv(variable, value);
  try {
    loaded++;
    // A query makes it another module.
    const module: Program = await import(/* @vite-ignore */ `../docs/development/${name}.ts?${loaded}`);
    return module;
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The API as it runs with these variables, until the test ends. */
export async function api(changed: Variables = {}): Promise<Api> {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  const target = await started(run(await load("after", changed)));
  return {
    target,
    log: () => written.mock.calls.map(([text]) => String(text)).join(""),
    async open(origin, request = {}) {
      const answer = await handshake(target, { path: "/chat", origin, ...request });
      if (answer.frames === undefined) return answer.status;
      answer.frames.send("over");
      expect((await answer.frames.next()).text).toBe("over");
      answer.frames.destroy();
      return 101;
    },
  };
}

export interface Api {
  readonly target: Target;
  /** What the gate has logged. */
  readonly log: () => string;
  /** The status of a handshake. What is sent over an open socket must come back. */
  readonly open: (origin: string | null, request?: HandshakeRequest) => Promise<number | undefined>;
}
