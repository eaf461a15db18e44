import type { EventEmitter } from "node:events";
import type { PolicyOptions } from "@wsorigin/core";
import { within } from "../client/wait.ts";
import type { AdapterEvent, AdapterOptions, AdapterStart, AppAnswer } from "./adapter.ts";
import { Kit, type KitRecord } from "./kit.ts";
import { suiteRoutes } from "./handlers.ts";

/** One named fact about an adapter. */
export interface Row {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void>;
  /** Whether it observes the whole process, such as its processor time, so that no other row may run at the same time. */
  readonly alone?: boolean;
}

/** The rows on one theme. */
export interface Theme {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** How the server of a row is set up. */
export interface StageSetup {
  readonly policy?: PolicyOptions<unknown>;
  /** `log` is off by default. */
  readonly options?: Partial<Omit<AdapterOptions, "onDecision" | "onError">>;
  readonly before?: (server: EventEmitter) => void;
  readonly after?: (server: EventEmitter) => void;
  /** The app's own middleware; see `AdapterSetup`. */
  readonly answer?: AppAnswer;
  /** Called with every event, after it is recorded. */
  readonly onDecision?: (event: AdapterEvent) => void;
}

/** The origin that the suite's policy allows, the Host that it allows, and an origin that no policy here allows. */
export const pageOrigin = "https://app.example";
export const apiHost = "api.example";
export const evilOrigin = "https://evil.test";

/** How long a gate or a server may take to close, in milliseconds: less than the 5 seconds after which a socket ends whose client never answers the close. */
export const closingTime = 3000;

const usualPolicy: PolicyOptions<unknown> = { origins: [pageOrigin], hosts: [apiHost] };

/** Starts the servers of a row. At the end, checks that each one closes, leaves no socket open and has reported every handshake once. */
export class Stage {
  readonly #start: AdapterStart;
  readonly #kits: Kit[] = [];

  constructor(start: AdapterStart) {
    this.#start = start;
  }

  async start(setup: StageSetup = {}): Promise<Kit> {
    const record: KitRecord = { events: [], errors: [], contexts: [] };
    const server = await this.#start({
      policy: setup.policy ?? usualPolicy,
      options: {
        log: false,
        ...setup.options,
        onDecision(event) {
          record.events.push(event);
          setup.onDecision?.(event);
        },
        onError: (error) => void record.errors.push(error),
      },
      routes: suiteRoutes((context) => void record.contexts.push(context)),
      before(emitter) {
        // By default Node closes an unused connection after 5 seconds, and would hide that the gate has left it open.
        Reflect.set(emitter, "keepAliveTimeout", 0);
        setup.before?.(emitter);
      },
      after: (emitter) => setup.after?.(emitter),
      ...(setup.answer !== undefined && { answer: setup.answer }),
    });
    const kit = new Kit(server, record);
    this.#kits.push(kit);
    return kit;
  }

  async play(row: Row): Promise<void> {
    let finished = false;
    try {
      await row.run(this);
      for (const kit of this.#kits) await kit.checkEvents();
      finished = true;
    } finally {
      // The row's own failure is the one to report, not how its server closes afterwards.
      const closing = Promise.all(this.#kits.map((kit) => kit.end()));
      await (finished ? within(closing, closingTime, () => "the server to close") : closing.catch(() => {}));
    }
    for (const kit of this.#kits) await kit.checkEvents();
  }
}
