export interface User {
  readonly name: string;
}

/** Stands for your table of users. */
export function findUser(name: string | null, password: string | null): User | undefined {
  return name !== null && password === `secret of ${name}` ? { name } : undefined;
}
