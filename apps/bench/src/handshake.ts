import { openEcho, openMany } from "./client.ts";
import { type ServerProcess, startServer } from "./child.ts";
import { type FrameworkName, frameworkNames, type PeerName, peers } from "./frameworks.ts";
import { listed, type ServerName, serverNames, unlisted } from "./servers.ts";
import { median, pairedRatio, type Ratio, shuffled } from "./stats.ts";

export interface HandshakeOptions {
  /** Fewer and shorter rounds, in one set of processes. */
  readonly quick: boolean;
  readonly progress?: (text: string) => void;
}

/** What a handshake costs the server. */
interface HandshakeCell {
  readonly server: ServerName;
  readonly outcome: "accepted" | "refused";
  /** Processor time of the server for each handshake, from `accept` until the socket is gone: the median of the rounds. */
  readonly microseconds: number;
  readonly rounds: number;
  /** Beside other servers with the same outcome, in the same rounds. */
  readonly ratios: Partial<Record<ServerName, Ratio>>;
}

/** What a message costs the server: to read it and to send it back. */
interface MessageCell {
  readonly server: ServerName;
  readonly microseconds: number;
  readonly rounds: number;
  readonly ratio: Ratio;
}

export interface HandshakeReport {
  readonly handshakes: readonly HandshakeCell[];
  readonly messages: readonly MessageCell[];
}

/** Every framework's accepted handshake, beside that of the framework's usual peer. */
export interface FrameworkReport {
  readonly frameworks: readonly FrameworkCell[];
}

interface FrameworkCell {
  readonly server: FrameworkName;
  readonly peer: PeerName;
  readonly microseconds: number;
  readonly peerMicroseconds: number;
  readonly rounds: number;
  readonly ratio: Ratio;
}

/** What is measured in each round. */
interface Subject<Server extends string = string> {
  readonly server: Server;
  readonly outcome: "accepted" | "refused" | "message";
  readonly costs: number[];
}

const bases = ["bare", "verify-client", "listener"] as const;

export async function measureHandshake(options: HandshakeOptions): Promise<HandshakeReport> {
  const subjects = serverNames.flatMap((server): Subject<ServerName>[] => {
    const subject = (outcome: Subject["outcome"]): Subject<ServerName> => ({ server, outcome, costs: [] });
    // Bare ws refuses nothing.
    if (server === "bare") return [subject("accepted"), subject("message")];
    const both = [subject("accepted"), subject("refused")];
    return server === "guard" ? both.concat(subject("message")) : both;
  });
  await measure(subjects, options);
  const find = (server: ServerName, outcome: Subject["outcome"]): Subject<ServerName> | undefined =>
    subjects.find((subject) => subject.server === server && subject.outcome === outcome);
  const handshakes = subjects.flatMap(({ server, outcome, costs }): HandshakeCell[] => {
    if (outcome === "message") return [];
    const ratios = bases.flatMap((base): [ServerName, Ratio][] => {
      const other = find(base, outcome);
      return other === undefined || base === server ? [] : [[base, pairedRatio(costs, other.costs)]];
    });
    return [{ server, outcome, microseconds: median(costs), rounds: costs.length, ratios: Object.fromEntries(ratios) }];
  });
  const bare = find("bare", "message")?.costs ?? [];
  const messages = subjects.flatMap(({ server, outcome, costs }): MessageCell[] =>
    outcome === "message"
      ? [{ server, microseconds: median(costs), rounds: costs.length, ratio: pairedRatio(costs, bare) }]
      : [],
  );
  return { handshakes, messages };
}

export async function measureFrameworks(options: HandshakeOptions): Promise<FrameworkReport> {
  const pairs = frameworkNames.map((name) => {
    const subject = (server: FrameworkName | PeerName) => ({ server, outcome: "accepted" as const, costs: [] });
    return { ours: subject(name), theirs: subject(peers[name]), server: name, peer: peers[name] };
  });
  await measure(
    pairs.flatMap(({ ours, theirs }): Subject[] => [ours, theirs]),
    options,
  );
  const frameworks = pairs.map(({ server, peer, ours: { costs }, theirs: { costs: peerCosts } }) => ({
    server,
    peer,
    microseconds: median(costs),
    peerMicroseconds: median(peerCosts),
    rounds: costs.length,
    ratio: pairedRatio(costs, peerCosts),
  }));
  return { frameworks };
}

async function measure(subjects: readonly Subject[], { quick, progress = () => {} }: HandshakeOptions): Promise<void> {
  const plan = quick
    ? { generations: 1, warmUp: 20, rounds: 12, budget: 12_000, handshakes: 150, messages: 6_400 }
    : { generations: 3, warmUp: 15, rounds: 40, budget: 50_000, handshakes: 400, messages: 12_800 };
  // A process has its habits: where its code lies in memory, what was compiled when. So there are several of each.
  for (let generation = 0; generation < plan.generations; generation++) {
    progress(`processes ${generation + 1} of ${plan.generations}`);
    await measureGeneration(subjects, plan);
  }
}

interface Plan {
  /** Rounds that are not counted. */
  readonly warmUp: number;
  readonly rounds: number;
  /** How long one set of processes may be warmed up, and then be measured, in milliseconds. */
  readonly budget: number;
  readonly handshakes: number;
  readonly messages: number;
}

/** Starts every server, warms it up, and measures rounds in which each has its turn. */
async function measureGeneration(subjects: readonly Subject[], plan: Plan): Promise<void> {
  const running = new Map<string, ServerProcess>();
  try {
    for (const name of new Set(subjects.map(({ server }) => server))) running.set(name, await startServer(name));
    const run = async (subject: Subject): Promise<number> => {
      const server = running.get(subject.server);
      if (server === undefined) throw new Error(`${subject.server} is not running.`);
      return subject.outcome === "message"
        ? messageCost(server, plan.messages)
        : handshakeCost(server, subject.outcome, plan.handshakes);
    };
    // Until the engine has compiled what is hot: compiling is processor time too, and longer code takes longer. Four rounds are the least, on a slow machine.
    let until = performance.now() + plan.budget;
    for (let round = 0; round < plan.warmUp && (round < 4 || performance.now() < until); round++)
      for (const subject of subjects) await run(subject);
    until = performance.now() + plan.budget;
    for (let round = 0; round < plan.rounds && performance.now() < until; round++) {
      // Counted once all are there: ratios pair what is of one round.
      const costs = new Map<Subject, number>();
      for (const subject of shuffled(subjects)) costs.set(subject, await run(subject));
      for (const [subject, cost] of costs) subject.costs.push(cost);
    }
  } finally {
    await Promise.all([...running.values()].map((server) => server.stop()));
  }
}

async function handshakeCost(server: ServerProcess, outcome: "accepted" | "refused", count: number): Promise<number> {
  const before = await server.cpu();
  await openMany(server.port, outcome === "accepted" ? listed : unlisted, count, outcome === "accepted");
  return ((await server.cpu()) - before) / count;
}

async function messageCost(server: ServerProcess, count: number): Promise<number> {
  const client = await openEcho(server.port, listed);
  try {
    await client.echo(count / 8);
    const before = await server.cpu(1);
    await client.echo(count);
    return ((await server.cpu(1)) - before) / count;
  } finally {
    await client.close();
  }
}
