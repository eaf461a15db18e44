import { randomBytes, randomInt } from "node:crypto";
import { parseCookie } from "cookie";

/** Somebody who has a session. */
export interface Visitor {
  readonly name: string;
}

/** Anything that may carry the session's cookie: a request of HTTP, or of a handshake. */
export interface Carrier {
  readonly headers: { readonly cookie?: string | undefined };
}

const cookieName = "chat_session";

/** How many sessions are kept; beyond that the oldest ends. */
const most = 10_000;

const tones = "Amber Copper Coral Ivory Jade Lilac Olive Russet Silver Teal Umber Velvet".split(" ");
const animals = "Badger Crane Dormouse Finch Heron Ibex Lynx Marten Otter Plover Raven Stoat".split(" ");

/** The sessions: a cookie nobody can guess stands for a name that the visitor did not choose. */
export class Visitors {
  readonly #sessions = new Map<string, Visitor>();
  readonly #names = new Set<string>();

  /** Whose request this is; `undefined` where it carries no session that is known. */
  find({ headers }: Carrier): Visitor | undefined {
    const id = parseCookie(headers.cookie ?? "")[cookieName];
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  /**
   * Whose request this is, behind a check that it is somebody's.
   *
   * @throws {Error} where it is nobody's
   */
  of(request: Carrier): Visitor {
    const visitor = this.find(request);
    if (visitor === undefined) throw new Error("The request has no session.");
    return visitor;
  }

  /** Begins a session. The text is the value of a `Set-Cookie` field; behind TLS it would have `Secure` and a `__Host-` name too. */
  admit(): string {
    for (const [oldest, { name }] of this.#sessions) {
      if (this.#sessions.size < most) break;
      this.#sessions.delete(oldest);
      this.#names.delete(name);
    }
    const id = randomBytes(24).toString("base64url");
    const name = this.#freeName();
    this.#names.add(name);
    this.#sessions.set(id, { name });
    return `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  #freeName(): string {
    const name = `${tones[randomInt(tones.length)]} ${animals[randomInt(animals.length)]}`;
    if (!this.#names.has(name)) return name;
    for (let number = 2; ; number++) {
      if (!this.#names.has(`${name} ${number}`)) return `${name} ${number}`;
    }
  }
}
