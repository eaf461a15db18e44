import type { Attach } from "../src/start.ts";
import { describeCheck } from "./check.ts";
import { describeDoors } from "./doors.ts";
import { describeLounge } from "./lounge.ts";
import { describeServer } from "./server.ts";
import { describeTalk } from "./talk.ts";

/** What every chat must do, whatever framework it is built with. */
export function describeChat(attach: Attach): void {
  describeTalk(attach);
  describeDoors(attach);
  describeLounge(attach);
  describeServer(attach);
  describeCheck(attach);
}
