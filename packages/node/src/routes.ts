import { match, type MatchFunction, PathError } from "path-to-regexp";
import { GateError } from "./errors.ts";
import { isDecodable } from "./form.ts";

type RawParams = Readonly<Partial<Record<string, string | string[]>>>;

/** A route, and what its path says of this request. */
export interface Found<T> {
  readonly route: T;
  readonly params: RawParams;
}

/**
 * The routes of a gate, asked in the order they were added. Paths are matched as path-to-regexp does by default, like Express: whatever the
 * case, with or without a slash at the end; a per-route policy is thus not evaded by `/ADMIN/`. Dot segments are not resolved.
 */
export class Routes<T> {
  readonly #routes: {
    readonly path: string;
    readonly matches: MatchFunction<Partial<Record<string, string | string[]>>>;
    readonly route: T;
  }[] = [];

  /** @throws {GateError} where the path cannot be understood, or is there already */
  add(path: string, route: T): void {
    if (typeof path !== "string")
      throw new GateError([`route: ${String(path)} is no text. Write a path such as "/chat/:room".`]);
    if (!path.startsWith("/")) {
      throw new GateError([
        `route: ${JSON.stringify(path)} is no path. Write ${JSON.stringify(`/${path.replace(/^[a-z]+:\/\/[^/]*\/?/i, "")}`)}.`,
      ]);
    }
    if (this.#routes.some((known) => known.path === path))
      throw new GateError([
        `route: ${JSON.stringify(path)} has a handler already, which would get every socket. Remove one of the two.`,
      ]);
    try {
      this.#routes.push({ path, matches: match(path, { decode }), route });
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      throw new GateError([
        `route: ${JSON.stringify(path)} cannot be understood: ${error.message}. Parameters are written as ":name", the rest of a path as "*name".`,
      ]);
    }
  }

  /** The first route that a target is for. Never throws: its path is known to be decodable. */
  find(target: string): Found<T> | undefined {
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    for (const { matches, route } of this.#routes) {
      const result = matches(path);
      if (result !== false) return { route, params: result.params };
    }
    return undefined;
  }
}

/** A parameter that holds half of an encoded character (`/:a%:b`) stays as it came. */
function decode(text: string): string {
  return isDecodable(text) ? decodeURIComponent(text) : text;
}
