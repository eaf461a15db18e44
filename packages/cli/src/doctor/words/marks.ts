import { headerOf, type Reply } from "../exchange.ts";

/** Recognizes a server by a reply: returns its name, or `undefined` where the reply is not known to be its own. */
export type Marks = (reply: Reply, body: string) => string | undefined;

/** `name`, if the header has this form. */
export function marked(reply: Reply, header: string, form: RegExp, name: string): string | undefined {
  return form.test(headerOf(reply, header) ?? "") ? name : undefined;
}

/** The part of the header that has this form. */
export function named(reply: Reply, header: string, form: RegExp): string | undefined {
  return form.exec(headerOf(reply, header) ?? "")?.[0];
}

/** `name`, if the header is there. */
export function present(reply: Reply, header: string, name: string): string | undefined {
  return headerOf(reply, header) === undefined ? undefined : name;
}
