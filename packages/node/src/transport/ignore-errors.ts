import type { Duplex } from "node:stream";

/** Has a stream lose its errors: one without a listener ends the process. Adds one listener, however often it is called. */
export function ignoreErrors(stream: Duplex): void {
  if (stream.listenerCount("error", ignore) === 0) stream.on("error", ignore);
}

function ignore(): void {}
