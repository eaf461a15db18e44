import { grant, refuse, type TokenOptions, type TokenSource, type Verification } from "@wsorigin/core";
import { pageOrigin, type StageSetup } from "../../stage.ts";

/** Valid tokens begin with "canary", like those that the kit's client always sends; none may appear in an event. */
export const good = "canary-of-ada";

export type Answer = Verification<unknown> | Promise<Verification<unknown>>;

/** Grants every canary to Ada, and refuses other tokens. */
export function verify(token: string): Answer {
  return token.startsWith("canary") ? grant({ principal: { name: "Ada" }, subject: "ada" }) : refuse("invalid");
}

export function withToken(
  from: readonly TokenSource[],
  token: Partial<TokenOptions<unknown>> = {},
  options: StageSetup["options"] = {},
): StageSetup {
  return {
    policy: { origins: [pageOrigin], token: { from, verify, ...token } },
    options: { protocols: ["chat.v1"], ...options },
  };
}
