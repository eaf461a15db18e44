import type { User } from "./users.ts";

interface Session {
  user?: User;
  /** The key in the store. */
  readonly externalKey: string;
  regenerate(): Promise<void>;
}

declare module "koa" {
  interface DefaultContext {
    get session(): Session;
    set session(session: Session | null);
  }
}

const sessions = new Map<string, object>();

/** Stands for Redis or a database. */
export const store = {
  get: async (key: string): Promise<object | undefined> => sessions.get(key),
  set: async (key: string, session: object): Promise<void> => void sessions.set(key, session),
  destroy: async (key: string): Promise<void> => void sessions.delete(key),
};
