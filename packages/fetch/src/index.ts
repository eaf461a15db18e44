export type { Connection, ConnectionHandlers, Identity } from "./connection.ts";
export { UpgradeGuardError } from "./errors.ts";
export type { UpgradeGuardIssue, UpgradeGuardIssueCode } from "./errors.ts";
export { upgradeGuard } from "./guard.ts";
export type { Allowed, Refused, UpgradeGuard, UpgradeResult } from "./guard.ts";
export type { Facts, UpgradeGuardOptions } from "./options.ts";
export type { DecisionEvent } from "./report.ts";
export type { Socket } from "./socket.ts";
