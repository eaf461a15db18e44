export interface User {
  readonly name: string;
}

/** Stands for your table of users. */
export function findUser(name: string, password: string): User | undefined {
  return password === `secret of ${name}` ? { name } : undefined;
}

declare module "fastify" {
  interface Session {
    user?: User;
  }
}
