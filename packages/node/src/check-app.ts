import { GateError, type GateIssue, issue } from "./errors.ts";

/** How the options of an adapter's `guard()` are written. */
export interface AppSample {
  /** Of the framework. */
  readonly name: string;
  /** How an app is made: `express()`. */
  readonly app: string;
  /** `[session(...)]`. */
  readonly before: string;
}

/**
 * Checks what the `guard()` of a framework takes besides the options of a gate: the app, and middleware that runs before a socket opens. CORS middleware is
 * refused: it decides nothing on a handshake.
 *
 * @param isApp whether `app` is one of the framework
 * @throws {GateError} with every problem at once
 */
export function checkApp(isApp: boolean, before: readonly unknown[], sample: AppSample): void {
  const issues = [...middlewareIssues(before, sample.before)];
  if (!isApp)
    issues.unshift(
      issue(
        "app-invalid",
        "app",
        `\`app\` must be the ${sample.name} app. Write guard(server, { app, policy }) with the app that ${sample.app} returned.`,
      ),
    );
  if (issues.length > 0) throw new GateError(issues);
}

function middlewareIssues(before: readonly unknown[], sample: string): readonly GateIssue[] {
  return before.flatMap((middleware, index) => {
    const entry = `before[${index}]`;
    if (typeof middleware !== "function")
      return [issue("middleware-invalid", entry, `${entry} must be a middleware function. Write before: ${sample}.`)];
    if (!/^cors/i.test(middleware.name)) return [];
    return [
      issue(
        "middleware-cors",
        entry,
        `${entry} is a CORS middleware (${middleware.name}). A WebSocket handshake has no CORS: the policy decides who may open a socket. Remove it, and share the allowlist with cors(corsOptions(policy)) on the app.`,
      ),
    ];
  });
}
