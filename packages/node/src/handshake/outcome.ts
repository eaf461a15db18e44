import { deny, type Decision, type Deny, type FirstMessage } from "@wsorigin/core";
import { closeCodeOf, reasonOf } from "@wsorigin/core/gate";
import { adviseOnPath } from "../connection/advice.ts";
import type { Awaited } from "../connection/connection.ts";
import { DelegatedConnection } from "../connection/delegated-connection.ts";
import { identify } from "../connection/identity.ts";
import { RouteConnection } from "../connection/route-connection.ts";
import { delegate } from "../delegation/delegate.ts";
import type { Route } from "../routing/route.ts";
import type { Found } from "../routing/routes.ts";
import { Http1Request } from "../transport/http1-request.ts";
import { uncounted } from "../limits/failures.ts";
import type { GateServices, HandshakeRecord } from "./record.ts";

/** What is called when nothing can refuse a handshake any more. */
export interface Settling {
  settle(): void;
}

/**
 * Lets a handshake in: opens its socket, gives it to the framework, or delegates it. Returns a refusal if that is not possible.
 *
 * @param decision a refusal too, if it is only reported, or if the first message can still bring the token
 */
export function admit<P, R>(
  record: HandshakeRecord<P, R>,
  decision: Decision<P>,
  awaits: FirstMessage | undefined,
  settling: Settling,
): Deny | undefined {
  const { found, transport } = record;
  if (found !== undefined) return serve(record, decision, awaits, found, settling);
  if (!transport.delegates.exist())
    return transport.unserved === "route-not-found" ? record.denyRoute() : record.deny(transport.unserved);
  if (transport instanceof Http1Request) watchAnswer(transport, record);
  const { connections } = record.gate;
  const connection = new DelegatedConnection<P, R>(decision, record, connections, record.since);
  identify(transport.request, connection);
  identify(transport.stream, connection);
  settling.settle();
  record.attempt.passed();
  transport.onClose(() => connection.dispose());
  handOver(record, decision, undefined, "route-not-found", (answered) => {
    const wire = transport.follow((opened) => {
      if (opened) connections.hold(connection, wire);
      answered();
    });
    transport.deliver();
  });
  return undefined;
}

/** An app answers 404 where a path has no route: without a word in the log, the mistake would be hard to find. */
function watchAnswer<P, R>({ request, response }: Http1Request, { gate }: HandshakeRecord<P, R>): void {
  response.once("finish", () => {
    if (response.statusCode === 404) adviseOnPath(gate.reporter, request.url ?? "", gate.paths());
  });
}

/** Refuses a handshake with a status, or by opening its socket and closing it at once. */
export function respond<P, R>(record: HandshakeRecord<P, R>, decision: Deny): void {
  const { transport, gate, found, problem } = record;
  record.tell(decision, "enforce");
  if (decision.code === "client-gone") return transport.destroy();
  const { options } = gate;
  const how = found?.route.options.refuseWith ?? options.refuseWith;
  // Only a well-formed handshake can be accepted, and a gate that is closing accepts nothing.
  const socket =
    found !== undefined && how === "close" && problem === undefined && decision.code !== "draining"
      ? transport.accept(found.route.acceptor)
      : undefined;
  if (typeof socket !== "object") return transport.refuse(decision.status);
  keepTrack(record);
  socket.close(closeCodeOf(decision.status, options.closeCodes), reasonOf(decision.status));
}

function serve<P, R>(
  record: HandshakeRecord<P, R>,
  decision: Decision<P>,
  awaits: FirstMessage | undefined,
  found: Found<Route<P, R>>,
  settling: Settling,
): Deny | undefined {
  const { route } = found;
  const { transport, gate } = record;
  const connection = new RouteConnection<P, R>(route, decision, record, gate.connections, record.since);
  if (awaits !== undefined) connection.awaitToken(awaitedOf(record, awaits));
  const { serve: server } = route;
  if (server.kind === "handler") return open(record, connection, found, server.run, settling);
  settling.settle();
  record.attempt.passed();
  transport.onClose(() => connection.dispose());
  handOver(record, decision, connection, "timed-out", (answered) =>
    transport.giveTo((upgrade, socket, head) => {
      identify(upgrade, connection);
      server.take({ route, request: upgrade, socket, head, connection, answered });
    }),
  );
  return undefined;
}

/** The first message takes over what the handshake has begun: its attempt, and the time since which revocations count. */
function awaitedOf<P, R>(record: HandshakeRecord<P, R>, message: FirstMessage): Awaited<P> {
  const { attempt, since = record.gate.connections.begin() } = record;
  record.since = undefined;
  record.attempt = uncounted;
  return { message, since, attempt, tell: (decision) => record.tell(decision, "enforce") };
}

function open<P, R>(
  record: HandshakeRecord<P, R>,
  connection: RouteConnection<P, R>,
  { route, params }: Found<Route<P, R>>,
  run: (connection: RouteConnection<P, R>) => unknown,
  settling: Settling,
): Deny | undefined {
  const { transport, gate, request, origin, host } = record;
  const socket = transport.accept(route.acceptor);
  if (typeof socket !== "object") {
    connection.dispose();
    return socket === undefined
      ? record.deny("client-gone")
      : deny("handshake-malformed", origin, { host, note: `${socket}.` });
  }
  const { limits, connections } = gate;
  const slot = limits.acquire(record);
  settling.settle();
  record.attempt.passed();
  if (connection.awaited === undefined) record.tell(connection.decision, record.mode);
  connections.start(connection, { socket, params, request, slot }, run);
  return undefined;
}

/** Gives a handshake to other code, and waits for its answer. */
function handOver<P, R>(
  record: HandshakeRecord<P, R>,
  decision: Decision<P>,
  connection: RouteConnection<P, R> | undefined,
  unanswered: "route-not-found" | "timed-out",
  deliver: (answered: (refusal?: Deny) => void) => void,
): void {
  const { transport, gate } = record;
  const { limits, options, reporter }: GateServices<P, R> = gate;
  const slot = limits.acquire(record);
  keepTrack(record);
  transport.onClose(() => limits.release(slot));
  let opened = false;
  delegate(transport, options.grace, {
    deliver: (answered) =>
      deliver((refusal) => {
        opened = refusal === undefined;
        answered(refusal);
      }),
    answered: (refusal) => {
      if (!opened && refusal === undefined) transport.missed();
      if (!opened) connection?.dispose();
      if (refusal !== undefined) record.tell(refusal, "enforce");
      else if (connection?.awaited === undefined) record.tell(decision, record.mode);
      // The first message decides; if the framework opened nothing, none will arrive.
      else if (!opened) record.tell(record.deny("client-gone"), "enforce");
    },
    unanswered: (isTaken) => {
      connection?.dispose();
      respond(record, isTaken || unanswered === "route-not-found" ? slow(record, isTaken) : record.deny(unanswered));
    },
    failed: (error) => reporter.error(error, "another listener of the server"),
  });
}

/** No listener answered in time. One that reads from the connection works on it; a proxy does not read before its upstream has answered. */
function slow<P, R>(record: HandshakeRecord<P, R>, isTaken: boolean): Deny {
  const { grace } = record.gate.options;
  const who = isTaken ? "Another listener has the handshake and did not answer" : "No listener answered";
  const note = `${who} within ${grace} ms. If one needs longer, such as a proxy with a slow upstream, raise \`grace\`.`;
  return isTaken ? record.deny("timed-out", note) : record.denyRoute(note);
}

/** Remembers a connection that the gate did not open, for as long as it lasts. */
function keepTrack<P, R>({ transport, gate }: HandshakeRecord<P, R>): void {
  gate.delegated.add(transport);
  transport.onClose(() => gate.delegated.delete(transport));
}
