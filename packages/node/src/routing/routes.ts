import { match, type MatchFunction, PathError } from "path-to-regexp";
import { isDecodable } from "@wsorigin/core/gate";
import { GateError, issue } from "../errors.ts";

type RawParams = Readonly<Partial<Record<string, string | string[]>>>;

const noParams: RawParams = Object.freeze({});

/** A route, and the parameters of this request's path. */
export interface Found<T> {
  readonly route: T;
  readonly params: RawParams;
}

/**
 * The routes of a gate, in the order in which they were added. Paths match as in path-to-regexp and Express by default: in any case, and with or without a
 * slash at the end, so that `/ADMIN/` does not evade a route's policy. Dot segments are not resolved.
 */
export class Routes<T> {
  readonly #routes: {
    readonly path: string;
    /** Whether the path has no parameters, so that it matches itself. */
    readonly isLiteral: boolean;
    readonly matches: MatchFunction<Partial<Record<string, string | string[]>>>;
    readonly route: T;
  }[] = [];

  /** As they were written. */
  get paths(): readonly string[] {
    return this.#routes.map(({ path }) => path);
  }

  /** @throws {GateError} if the path is not valid, or has a handler already */
  add(path: string, route: T): void {
    const refuse = (code: "route-duplicate" | "route-invalid", text: string): GateError =>
      new GateError([issue(code, path, `route: ${quotePath(path)} ${text}`)]);
    if (typeof path !== "string") throw refuse("route-invalid", 'is not a string. Write a path such as "/chat/:room".');
    if (!path.startsWith("/")) {
      const fixed = `/${path.replace(/^[a-z]+:\/\/[^/]*\/?/i, "")}`;
      throw refuse("route-invalid", `must begin with a slash. Write ${JSON.stringify(fixed)}.`);
    }
    if (this.#routes.some((known) => known.path === path))
      throw refuse("route-duplicate", "has a handler already, which would get every socket. Remove one of the two.");
    try {
      this.#routes.push({ path, isLiteral: /^[\w/.-]+$/.test(path), matches: match(path, { decode }), route });
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      throw refuse(
        "route-invalid",
        `is not a valid path: ${error.message}. Write parameters as ":name", the rest of a path as "*name".`,
      );
    }
  }

  /** Returns the first route that matches a target. Never throws: the path is known to be decodable. */
  find(target: string): Found<T> | undefined {
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    for (const { path: pattern, isLiteral, matches, route } of this.#routes) {
      if (isLiteral && pattern === path) return { route, params: noParams };
      const result = matches(path);
      if (result !== false) return { route, params: result.params };
    }
    return undefined;
  }
}

/** A path of a program without types may be anything. */
function quotePath(path: unknown): string {
  return typeof path === "string" ? JSON.stringify(path) : String(path);
}

/** A parameter that has half of an encoded character (`/:a%:b`) stays as it came. */
function decode(text: string): string {
  return isDecodable(text) ? decodeURIComponent(text) : text;
}
