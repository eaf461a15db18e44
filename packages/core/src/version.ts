/** The version of this package, for messages about several copies of it. `pnpm run version` writes it. */
export const version = "0.0.0";
