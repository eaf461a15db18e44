import { quote } from "@wsorigin/core";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Mark } from "./mark.tsx";
import type { Told } from "../shared/messages.ts";

interface LogProps {
  readonly told: readonly Told[];
  readonly selected: Told | undefined;
  /** What was chosen; nothing, while the newest refusal is shown. */
  readonly picked: number | undefined;
  readonly pick: (id: number | undefined) => void;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The decisions as a list, the newest first, and what the operator reads about the chosen one. */
export function Log({ told, selected, picked, pick }: LogProps): JSX.Element {
  return (
    <div class="log">
      <div class="detail" role="region" aria-labelledby="detail-title">
        <div class="detail-top">
          <h3 id="detail-title">What the operator reads</h3>
          {picked !== undefined && (
            <button class="quiet" onClick={() => pick(undefined)}>
              Show the newest refusal
            </button>
          )}
        </div>
        {selected === undefined ? (
          <p class="soft">Each decision, with what came, what was expected and how to mend it.</p>
        ) : (
          <>
            <pre tabIndex={0}>{selected.text}</pre>
            <p class="soft facts">
              answered {selected.status}, route {selected.route ?? "none"}, decided in {selected.ms.toFixed(1)} ms at{" "}
              {clock.format(selected.at)}
            </p>
          </>
        )}
      </div>
      <div class="list">
        <h3 id="decisions-title">Decisions</h3>
        {told.length === 0 && <p class="soft">None yet.</p>}
        <ol aria-labelledby="decisions-title">
          {told.map((one) => (
            <li key={one.id}>
              <button
                class={one.allowed ? "in" : "stopped"}
                aria-pressed={one === selected}
                onClick={() => pick(one.id)}
              >
                <span class="verdict">
                  <Mark kind={one.allowed ? "in" : "stopped"} /> {one.allowed ? "in" : "refused"}
                </span>
                <span class="code">{one.code}</span>
                <span class="origin">{one.origin === null ? "no Origin" : quote(one.origin)}</span>
              </button>
            </li>
          ))}
        </ol>
      </div>
      <Announcer told={told} />
    </div>
  );
}

/** Says what is new to screen readers, several at once in one sentence. */
function Announcer({ told }: { readonly told: readonly Told[] }): JSX.Element {
  const [said, say] = useState({ id: 0, text: "" });
  useEffect(() => {
    const timer = setTimeout(() => {
      const fresh = told.filter(({ id }) => id > said.id);
      const [newest] = fresh;
      if (newest === undefined) return;
      const refused = fresh.filter(({ allowed }) => !allowed).length;
      const text =
        fresh.length === 1
          ? `${newest.allowed ? "Let in" : "Refused"}: ${newest.code}, ${newest.origin === null ? "no Origin" : quote(newest.origin)}.`
          : `${fresh.length} handshakes, ${refused} refused. The newest: ${newest.code}.`;
      say({ id: newest.id, text });
    }, 1000);
    return () => clearTimeout(timer);
  }, [told, said]);
  return (
    <p class="unseen" role="status">
      {said.text}
    </p>
  );
}
