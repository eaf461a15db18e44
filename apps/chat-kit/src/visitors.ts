import { randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { parseCookie } from "cookie";

/** Somebody who can log in. */
export interface Visitor {
  readonly name: string;
}

/** Somebody who has logged in, in one browser. */
export interface Session {
  /** A name for it that is no secret: what the cookie holds is another. */
  readonly id: string;
  readonly visitor: Visitor;
}

/** Anything that may carry the session's cookie: a request of HTTP, or of a handshake. */
export interface Carrier {
  readonly headers: { readonly cookie?: string | undefined };
}

/** What came of logging in: the value of a `Set-Cookie` field, or why there is none. */
export type LoggedIn =
  | { readonly cookie: string }
  | { readonly problem: "not-a-name" | "not-a-password" | "wrong-password" | "too-many" };

interface Account {
  readonly visitor: Visitor;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const nameForm = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,23}$/u;

/** How many sessions and accounts are kept. */
const most = 10_000;

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** Who may log in, and who has. The first to log in with a name chooses its password. */
export class Visitors {
  readonly #accounts = new Map<string, Account>();
  /** By what the cookie holds. */
  readonly #sessions = new Map<string, Session>();
  /** The cookie of a session. */
  readonly cookieName: string;
  readonly #attributes: string;

  /** @param secure whether the app is behind TLS: its cookie is then for no other host and no plain http */
  constructor(secure = false) {
    this.cookieName = secure ? "__Host-chat_session" : "chat_session";
    this.#attributes = `Path=/; ${secure ? "Secure; " : ""}HttpOnly; SameSite=Strict`;
  }

  async login(name: unknown, password: unknown): Promise<LoggedIn> {
    if (typeof name !== "string" || !nameForm.test(name)) return { problem: "not-a-name" };
    if (typeof password !== "string" || password.length < 4 || password.length > 200)
      return { problem: "not-a-password" };
    const known = this.#accounts.get(name);
    const salt = known?.salt ?? randomBytes(16);
    const hash = await derive(password, salt, 32);
    // Somebody else may have taken the name meanwhile.
    const account = this.#accounts.get(name) ?? { visitor: { name }, salt, hash };
    if (!timingSafeEqual(account.hash, hash)) return { problem: "wrong-password" };
    if (this.#accounts.size >= most && !this.#accounts.has(name)) return { problem: "too-many" };
    if (this.#sessions.size >= most) return { problem: "too-many" };
    this.#accounts.set(name, account);
    const secret = randomBytes(24).toString("base64url");
    this.#sessions.set(secret, { id: randomUUID(), visitor: account.visitor });
    return { cookie: `${this.cookieName}=${secret}; ${this.#attributes}` };
  }

  /** Whose request this is; `undefined` where it carries no session that is known. */
  find({ headers }: Carrier): Session | undefined {
    return this.bySecret(parseCookie(headers.cookie ?? "")[this.cookieName]);
  }

  /** The session of that cookie. */
  bySecret(secret: string | undefined): Session | undefined {
    return secret === undefined ? undefined : this.#sessions.get(secret);
  }

  /**
   * Whose request this is, behind a check that it is somebody's.
   *
   * @throws {Error} where it is nobody's
   */
  of(request: Carrier): Session {
    const session = this.find(request);
    if (session === undefined) throw new Error("The request has no session.");
    return session;
  }

  /** The visitor of that name; there is one, since only `login` makes names. */
  named({ name }: Visitor): Visitor {
    return this.#accounts.get(name)?.visitor ?? { name };
  }

  /** The visitor behind a principal whose type is not known, as `identityOf()` returns it. */
  behind(principal: unknown): Visitor | undefined {
    const name: unknown = typeof principal === "object" && principal !== null ? Reflect.get(principal, "name") : "";
    return typeof name === "string" ? this.#accounts.get(name)?.visitor : undefined;
  }

  /** Ends a session, or all of its visitor's. */
  logout({ id, visitor }: Session, everywhere: boolean): void {
    for (const [secret, session] of this.#sessions) {
      if (everywhere ? session.visitor === visitor : session.id === id) this.#sessions.delete(secret);
    }
  }
}
