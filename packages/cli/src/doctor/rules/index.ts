import { answerRules } from "./answer.ts";
import { unlessForOrigin } from "./for-origin.ts";
import { habitRules } from "./habits.ts";
import { limitRules } from "./limits.ts";
import { openDoorRules } from "./open-door.ts";
import { pageRules } from "./page.ts";
import { refusalRules } from "./refusal.ts";
import { tunnelRules } from "./tunnel.ts";
import { upgradeRules } from "./upgrade.ts";
import { wayRules } from "./way.ts";
import type { DoctorRule } from "./rule.ts";

/** Groups in which one problem hides the others. */
export const firstOnly: ReadonlySet<DoctorRule["group"]> = new Set(["way", "handshake", "tunnel"]);

/** Every rule, in the order in which it is tried and told. */
export const doctorRules: readonly DoctorRule[] = [
  ...pageRules,
  ...wayRules,
  ...[...limitRules, ...answerRules].map(unlessForOrigin),
  ...refusalRules,
  ...upgradeRules,
  ...tunnelRules,
  ...openDoorRules,
  ...habitRules,
];
