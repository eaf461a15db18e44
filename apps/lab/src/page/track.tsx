import type { JSX } from "preact";
import type { Told } from "../shared/messages.ts";
import { Mark } from "./mark.tsx";
import { type Station, stations } from "../shared/stations.ts";

const labels: Readonly<Record<Station, string>> = {
  limits: "Limits",
  request: "Request",
  host: "Host",
  origin: "Origin",
  token: "Token",
  open: "Open",
};

interface TrackProps {
  readonly told: readonly Told[];
  /** The one whose way is drawn. */
  readonly selected: Told | undefined;
}

/** How many of the latest are seen on their way. */
const moving = 6;

/**
 * The way of a handshake through the gate's checks, in the order in which they are made. A picture of what the list below it says in words, so it is
 * hidden from screen readers.
 */
export function Track({ told, selected }: TrackProps): JSX.Element {
  const end = selected === undefined ? -1 : stations.indexOf(selected.station);
  return (
    <div class="track" aria-hidden="true">
      <ol>
        {stations.map((station, index) => {
          const count = told.filter((one) => one.station === station).length;
          const mark = index < end ? "passed" : index > end ? "" : selected?.allowed === true ? "in" : "stopped";
          return (
            <li key={station} class={mark}>
              <span class="node">{mark !== "" && <Mark kind={mark === "stopped" ? "stopped" : "in"} />}</span>
              <span class="label">{labels[station]}</span>
              <span class="count">
                {count === 0 ? "\u00a0" : station === "open" ? `${count} in` : `${count} stopped`}
              </span>
            </li>
          );
        })}
      </ol>
      {told.slice(0, moving).map((one) => (
        <span
          key={one.id}
          class={`dot ${one.allowed ? "in" : "stopped"}`}
          style={{ "--to": String(stations.indexOf(one.station)) }}
        />
      ))}
    </div>
  );
}
