import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CorpusRow } from "../shared/corpus.ts";
import { AllowedFrame, HostileFrames } from "./frames.tsx";
import { Log } from "./log.tsx";
import { Matrix } from "./matrix/matrix.tsx";
import { PolicyEditor } from "./policy/editor.tsx";
import { useLab } from "./stream.ts";
import { Track } from "./track.tsx";

const states = {
  connecting: "Connecting",
  open: "Live",
  waiting: "The lab's server is away; trying again",
  closed: "The lab's server has closed the connection",
};

export function Lab(): JSX.Element {
  const { state, edit } = useLab();
  const { told, draft, places, round, connection } = state;
  const [picked, pick] = useState<number>();
  const [corpus, setCorpus] = useState<readonly CorpusRow[]>([]);
  useEffect(() => {
    void fetch("/corpus.json")
      .then((response) => response.json())
      .then(setCorpus);
  }, []);
  // Until the visitor chooses, a refusal is shown: that is what the product is for.
  const selected = told.find(({ id }) => id === picked) ?? told.find(({ allowed }) => !allowed) ?? told[0];

  return (
    <>
      <a class="unseen skip" href="#policy">
        Skip to the policy
      </a>
      <header class="top">
        <img src="/icon.svg" alt="" width="34" height="34" />
        <div>
          <h1>wsorigin lab</h1>
          <p>
            Nine pages open a WebSocket to the same app: see which ones the policy lets in, and which check stops the
            others.
          </p>
        </div>
        <p class={`connection ${connection}`} role="status">
          {states[connection]}
        </p>
      </header>
      <main>
        <div class="stage">
          <section class="allowed" aria-labelledby="allowed-title">
            <h2 id="allowed-title">The app's page</h2>
            {places && <AllowedFrame places={places} round={round} />}
            <p class="soft hint">
              Choose a decision to see which check made it and what the operator reads. Edit the policy below, and all
              pages try again.
            </p>
          </section>
          <section class="gate" aria-labelledby="gate-title">
            <h2 id="gate-title">The gate</h2>
            <Track told={told} selected={selected} />
            <Log told={told} selected={selected} pick={pick} picked={picked} />
          </section>
          <section class="hostile" aria-labelledby="hostile-title">
            <h2 id="hostile-title">The other pages</h2>
            {places && <HostileFrames places={places} round={round} />}
          </section>
        </div>
        {draft && (
          <>
            <PolicyEditor draft={draft} onChange={edit} places={places} />
            <Matrix draft={draft} corpus={corpus} />
          </>
        )}
      </main>
    </>
  );
}
