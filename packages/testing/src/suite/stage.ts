import type { EventEmitter } from "node:events";
import type { PolicyOptions } from "@wsorigin/core";
import { within } from "../client/wait.ts";
import type { AdapterEvent, AdapterOptions, AdapterStart } from "./adapter.ts";
import { Kit, type KitRecord } from "./kit.ts";
import { suiteRoutes } from "./handlers.ts";

/** One named fact about an adapter. */
export interface Row {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** The rows on one theme. */
export interface Theme {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** What a row wants of its server. */
export interface StageSetup {
  readonly policy?: PolicyOptions<unknown>;
  readonly options?: Partial<Omit<AdapterOptions, "onDecision" | "onError" | "log">>;
  readonly before?: (server: EventEmitter) => void;
  readonly after?: (server: EventEmitter) => void;
  /** Called with every event, once it is recorded. */
  readonly onDecision?: (event: AdapterEvent) => void;
}

/** The page that the suite's policy lets in, the Host it answers to, and a page that nobody lets in. */
export const pageOrigin = "https://app.example";
export const apiHost = "api.example";
export const evilOrigin = "https://evil.test";

const usualPolicy: PolicyOptions<unknown> = { origins: [pageOrigin], hosts: [apiHost] };

/** Where a row plays: starts servers, and at the end sees that each can be closed, leaves nothing open and has told what it must. */
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
      before: (emitter) => setup.before?.(emitter),
      after: (emitter) => setup.after?.(emitter),
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
      // A row that failed has said why; how its server closes then is another matter.
      const closing = Promise.all(this.#kits.map((kit) => kit.end()));
      await (finished ? within(closing, 3000, () => "the server to close") : closing.catch(() => {}));
    }
    for (const kit of this.#kits) await kit.checkEvents();
  }
}
