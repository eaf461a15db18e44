import type { JSX } from "preact";

const paths = {
  in: "M2.5 8.5l3.5 4 7.5-9",
  stopped: "M3 3l10 10M13 3L3 13",
  wrong: "M8 3.5a4.5 4.5 0 1 0 .01 0z",
  refused: "M4.5 8h7",
};

/** A sign that is drawn, so that it looks the same whatever fonts there are. Its meaning stands beside it in words. */
export function Mark({ kind }: { readonly kind: keyof typeof paths }): JSX.Element {
  return (
    <svg class={`mark ${kind}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[kind]} />
    </svg>
  );
}
