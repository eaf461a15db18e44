import { printable } from "./printable.ts";

/** One line of a terminal that says what is being done, and is gone at the end. */
export interface Progress {
  /** Replaces what stood there. */
  readonly show: (line: string) => void;
  readonly clear: () => void;
}

/** To the line's beginning, and nothing behind it. */
const empty = "\r\u001b[2K";

/** What a terminal that does not know its width is taken to have. */
const usualWidth = 80;

/** @param columns the terminal's width, or 0: a line that wraps could not be taken back */
export function progressOn(write: (text: string) => void, columns: number): Progress {
  let shown = false;
  return {
    show(line) {
      shown = true;
      write(`${empty}${printable(line).slice(0, (columns > 1 ? columns : usualWidth) - 1)}`);
    },
    clear() {
      if (shown) write(empty);
      shown = false;
    },
  };
}
