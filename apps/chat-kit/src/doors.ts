import {
  bearerHeader,
  bearerProtocol,
  cookie,
  createPolicy,
  firstMessage,
  grant,
  type Policy,
  queryParam,
  refuse,
  type TokenOptions,
} from "@wsorigin/node";
import type { ChatParts } from "./start.ts";
import type { Visitor } from "./visitors.ts";

/** Another way into the same rooms, with a policy of its own. */
export interface Door {
  readonly path: `/${string}/:room`;
  readonly policy: Policy<Visitor>;
  readonly protocols: readonly string[];
  readonly refuseWith: "status" | "close";
}

type Verify = TokenOptions<Visitor>["verify"];

/**
 * A door for each place that a token can come from, beside the query, which the chat's page uses. An app has one of them; here they can be compared.
 *
 * @param verifyTicket what redeems a ticket
 */
export function createDoors(
  { origin, host, visitors }: Pick<ChatParts, "origin" | "host" | "visitors">,
  verifyTicket: Verify,
): readonly Door[] {
  const verifySession: Verify = (secret) => {
    const session = visitors.bySecret(secret);
    if (session === undefined) return refuse("invalid");
    const { id, visitor } = session;
    return grant({ principal: visitor, subject: visitor.name, session: id });
  };
  const pages = { origins: [origin], hosts: [host] };
  const usual = { protocols: ["chat.v1"], refuseWith: "status" } as const;
  return [
    {
      ...usual,
      path: "/by-protocol/:room",
      policy: createPolicy({ ...pages, token: { from: [bearerProtocol()], verify: verifyTicket } }),
    },
    {
      ...usual,
      path: "/by-message/:room",
      policy: createPolicy({ ...pages, token: { from: [firstMessage({ read: ticketIn })], verify: verifyTicket } }),
    },
    {
      ...usual,
      path: "/by-cookie/:room",
      policy: createPolicy({ ...pages, token: { from: [cookie(visitors.cookieName)], verify: verifySession } }),
    },
    {
      // For programs, which have no Origin: no browser lets a page set the header.
      ...usual,
      path: "/by-header/:room",
      policy: createPolicy({
        ...pages,
        missingOrigin: "token",
        token: { from: [bearerHeader()], verify: verifySession },
      }),
    },
    {
      // As the chat's own, but page code is told why it is refused.
      ...usual,
      refuseWith: "close",
      path: "/told/:room",
      policy: createPolicy({ ...pages, token: { from: [queryParam("ticket")], verify: verifyTicket } }),
    },
  ];
}

function ticketIn(message: string): string | undefined {
  try {
    const sent: unknown = JSON.parse(message);
    const ticket: unknown = typeof sent === "object" && sent !== null ? Reflect.get(sent, "ticket") : undefined;
    return typeof ticket === "string" ? ticket : undefined;
  } catch {
    return undefined;
  }
}
