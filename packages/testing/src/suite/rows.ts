import type { DenyCode, Directory } from "@wsorigin/core";
import type { HandshakeRequest } from "../client/request.ts";
import { until } from "../client/wait.ts";
import type { Row, StageSetup } from "./stage.ts";

/** The row that a handshake is refused. */
export function refuses(
  name: string,
  request: HandshakeRequest,
  status: number,
  code: DenyCode,
  setup?: StageSetup,
): Row {
  return {
    name: `${name}: ${status} ${code}`,
    async run(stage) {
      const kit = await stage.start(setup);
      await kit.refused(request, status, code);
    },
  };
}

/** A directory that answers when it is told to, or never. */
export class SlowDirectory implements Directory {
  /** The signal of each question. */
  readonly signals: AbortSignal[] = [];
  readonly #waiting: ((answer: boolean) => void)[] = [];

  has(_origin: string, signal: AbortSignal): Promise<boolean> {
    this.signals.push(signal);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(value: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(value);
  }

  /** Waits until it has been asked so many times. */
  asked(count = 1): Promise<void> {
    return until(() => this.signals.length >= count, `the directory is asked ${count} times`);
  }
}
