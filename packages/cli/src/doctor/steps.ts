import type { Step } from "../finding.ts";
import type { Reply } from "./exchange.ts";
import type { Replies } from "./ask.ts";
import type { Idle } from "./idle.ts";
import type { Observations } from "./observe.ts";
import type { ProbeName } from "./plan.ts";
import type { Reach } from "./reach.ts";
import { wordsOf } from "./reply.ts";

/** What was done, in the order of the plan, with its outcome. */
export function stepsOf(seen: Observations, plan: readonly ProbeName[], port: number): readonly Step[] {
  const { reach, options, replies, direct, idle, throttled } = seen;
  const failed = reach.failed !== undefined;
  return [
    ...wayOf(reach, port, options.url.protocol === "wss:"),
    ...(failed ? [skipped("handshakes", "there is no connection to send them on")] : asked(plan, replies, throttled)),
    ...(direct === undefined ? [] : asked(plan, direct.replies, undefined, "backend: ")),
    ...(idle === undefined ? [] : [idleStep(idle)]),
  ];
}

function skipped(name: string, detail: string): Step {
  return { name, outcome: "skipped", detail };
}

function asked(plan: readonly ProbeName[], replies: Replies, throttled: Replies = {}, prefix = ""): Step[] {
  return plan.flatMap((name) => {
    const reply = replies[name];
    if (reply === undefined) return [];
    const before = throttled[name];
    const again = before === undefined ? "" : `; at first ${before.statusLine}`;
    return [{ name: `${prefix}${name}`, outcome: outcomeOf(name, reply), detail: `${wordsOf(reply)}${again}` }];
  });
}

/** A server may refuse a handshake by ending the connection. An ordinary request, and the page's own handshake, must be answered. */
function outcomeOf(name: ProbeName, { status, error, end }: Reply): Step["outcome"] {
  if (status !== undefined) return "ok";
  const refusal = error === undefined && end !== "timeout";
  return refusal && name !== "plain" && name !== "page" ? "ok" : "failed";
}

function idleStep({ watched, cutAfter, code, byEngine }: Idle): Step {
  if (cutAfter === undefined)
    return { name: "idle", outcome: "ok", detail: `still open after ${Math.round(watched)} s` };
  const how = code === undefined ? "without a close frame" : `with close ${code}`;
  if (byEngine)
    return skipped(
      "idle",
      `Engine.IO ended it after ${cutAfter.toFixed(1)} s: its heartbeat wants messages, and the doctor sends none`,
    );
  return { name: "idle", outcome: "failed", detail: `cut after ${cutAfter.toFixed(1)} s ${how}` };
}

function wayOf({ addresses, failed, certificate }: Reach, port: number, tls: boolean): Step[] {
  const at = failed?.at;
  const why = failed?.message ?? "";
  const name: Step = {
    name: "name",
    outcome: at === "dns" ? "failed" : "ok",
    detail: at === "dns" ? why : addresses.join(", "),
  };
  if (at === "dns") return [name];
  const connection: Step = {
    name: "connection",
    outcome: at === "tcp" ? "failed" : "ok",
    detail: at === "tcp" ? why : `port ${port}`,
  };
  if (at === "tcp" || !tls) return [name, connection];
  const problem = certificate?.problem;
  const shown = `${problem ?? "certificate"} of ${certificate?.subject ?? ""}, until ${certificate?.validTo ?? ""}`;
  return [
    name,
    connection,
    {
      name: "TLS",
      outcome: at === "tls" || problem !== undefined ? "failed" : "ok",
      detail: at === "tls" ? why : shown,
    },
  ];
}
