import type { DenyCode, Directory } from "@wsorigin/core";
import type { HandshakeRequest } from "../client/request.ts";
import { until } from "../client/wait.ts";
import type { Row, StageSetup } from "./stage.ts";

/** A handshake that is refused. */
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

/** A directory that answers on `answer()`, or never; after `answerAtOnce()`, at once. */
export class SlowDirectory implements Directory {
  /** The signal of each call. */
  readonly signals: AbortSignal[] = [];
  readonly #waiting: ((answer: boolean) => void)[] = [];
  #usual: boolean | undefined;

  has(_origin: string, signal: AbortSignal): Promise<boolean> {
    this.signals.push(signal);
    if (this.#usual !== undefined) return Promise.resolve(this.#usual);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(value: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(value);
  }

  /** Answers every later call at once, so that a short deadline cannot pass before. */
  answerAtOnce(value: boolean): void {
    this.#usual = value;
  }

  /** Waits until it has been asked so many times. */
  asked(count = 1): Promise<void> {
    return until(() => this.signals.length >= count, `the directory is asked ${count} times`);
  }
}

/** A source of revocations, such as the object that createTickets() returns. */
export class RevocationFeed {
  readonly #listeners = new Set<(revocation: { readonly subject: string }) => void>();

  /** How many gates listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (revocation: { readonly subject: string }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Revokes whatever has this subject, session or id. */
  revoke(revocation: object): void {
    for (const listener of this.#listeners) Reflect.apply(listener, undefined, [revocation]);
  }
}
