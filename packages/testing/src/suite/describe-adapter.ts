import type { AdapterStart } from "./adapter.ts";
import { describeEndpoint } from "./endpoint.ts";
import { nodeRunner, type Runner } from "./runner.ts";
import { apiHost, pageOrigin, Stage, type Theme } from "./stage.ts";
import { coexistenceTheme } from "./themes/coexistence.ts";
import { corpusTheme } from "./themes/corpus.ts";
import { deliveryTheme } from "./themes/delivery.ts";
import { delegationTheme } from "./themes/entry/delegation.ts";
import { expectTheme } from "./themes/entry/expect.ts";
import { listenersTheme } from "./themes/entry/listeners.ts";
import { lostUpgradesTheme } from "./themes/entry/lost-upgrades.ts";
import { otherUpgradesTheme } from "./themes/entry/other-upgrades.ts";
import { targetsTheme } from "./themes/entry/targets.ts";
import { formTheme } from "./themes/form.ts";
import { lifecycleTheme } from "./themes/lifecycle.ts";
import { limitsTheme } from "./themes/limits.ts";
import { logTheme } from "./themes/log.ts";
import { originTheme } from "./themes/origin.ts";
import { pendingSlotsTheme } from "./themes/pending-slots.ts";
import { pendingTheme } from "./themes/pending.ts";
import { refusalTheme } from "./themes/refusal.ts";
import { slotsTheme } from "./themes/slots.ts";
import { firstMessageTheme } from "./themes/tokens/first-message.ts";
import { guessesTheme } from "./themes/tokens/guesses.ts";
import { lateTokensTheme } from "./themes/tokens/late-tokens.ts";
import { lifetimeTheme } from "./themes/tokens/lifetime.ts";
import { tokensTheme } from "./themes/tokens/tokens.ts";

const themes: readonly Theme[] = [
  originTheme,
  formTheme,
  lostUpgradesTheme,
  expectTheme,
  listenersTheme,
  otherUpgradesTheme,
  targetsTheme,
  delegationTheme,
  refusalTheme,
  pendingTheme,
  deliveryTheme,
  limitsTheme,
  slotsTheme,
  pendingSlotsTheme,
  tokensTheme,
  firstMessageTheme,
  lifetimeTheme,
  lateTokensTheme,
  guessesTheme,
  coexistenceTheme,
  lifecycleTheme,
  logTheme,
  corpusTheme,
];

/**
 * Tests an adapter over real sockets: each rule of the gate is a test, and each case of the corpus is sent.
 *
 * @param start called for every test; starts a server on a free port of 127.0.0.1, guarded as the setup says
 * @param runner vitest's, jest's or node:test's `{ describe, test }`; node:test by default. With `concurrent: test.concurrent`, tests that wait for
 * timers run at the same time.
 */
export function describeAdapter(name: string, start: AdapterStart, runner: Runner = nodeRunner): void {
  runner.describe(name, () => {
    for (const theme of themes) {
      runner.describe(theme.name, () => {
        for (const row of theme.rows) {
          const play = (): Promise<void> => new Stage(start).play(row);
          if (row.alone === true || runner.concurrent === undefined) runner.test(row.name, play);
          else runner.concurrent(row.name, play);
        }
      });
    }
  });
  describeEndpoint(
    `${name}, from outside`,
    async () => {
      const stage = new Stage(start);
      const kit = await stage.start();
      const close = (): Promise<void> => kit.end();
      return { ...kit.target, path: "/chat/lobby", origin: pageOrigin, hostHeader: apiHost, httpPath: "/page", close };
    },
    runner,
  );
}
