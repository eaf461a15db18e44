import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

interface FoldProps {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A section that can be folded. On a phone it is folded at first, so that the page is short. */
export function Fold({ id, title, children }: FoldProps): JSX.Element {
  const [open, setOpen] = useState(() => !matchMedia("(max-width: 40rem)").matches);
  return (
    <section class={id} id={id} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <details class="fold" open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <h2 id={`${id}-title`}>{title}</h2>
        </summary>
        <div class="fold-body">{children}</div>
      </details>
    </section>
  );
}
