import type { JSX } from "preact";
import type { HostileKind } from "../shared/kinds.ts";
import type { Places } from "../shared/messages.ts";

interface FramesProps {
  readonly places: Places;
  /** Another round loads the pages anew. */
  readonly round: number;
}

export function AllowedFrame({ places, round }: FramesProps): JSX.Element {
  return <iframe key={round} class="app" src={`${places.app}/`} title="The app's own page" />;
}

interface Hostile {
  readonly kind: HostileKind;
  readonly title: string;
  readonly host: string;
  readonly sandbox?: string;
}

const kinds: readonly Hostile[] = [
  { kind: "site", title: "Another site", host: "evil.localhost" },
  { kind: "port", title: "Another port of the host", host: "localhost" },
  { kind: "lookalike", title: "A lookalike name", host: "localhost.evil.localhost" },
  { kind: "sandbox", title: "A sandboxed frame", host: "evil.localhost", sandbox: "allow-scripts" },
  { kind: "data", title: "A data: URL", host: "evil.localhost" },
  { kind: "rebound", title: "DNS rebinding", host: "rebound.localhost" },
  { kind: "stolen", title: "With a stolen ticket", host: "evil.localhost" },
  { kind: "hurry", title: "In a hurry", host: "evil.localhost" },
];

export function HostileFrames({ places, round }: FramesProps): JSX.Element {
  const app = new URL(places.app);
  return (
    <div class="cards">
      {kinds.map(({ kind, title, host, sandbox }) => {
        // The attacker's name leads to the app's own server.
        const target = kind === "rebound" ? `${host}:${app.port}` : app.host;
        const port = kind === "rebound" ? app.port : places.hostilePort;
        const src = `http://${host}:${port}/?kind=${kind}&app=${target}`;
        return <iframe key={`${kind} ${round}`} src={src} title={title} {...(sandbox !== undefined && { sandbox })} />;
      })}
    </div>
  );
}
