export { type Chat, maxPayload } from "./rooms/chat.ts";
export { createDoors, type Door } from "./doors.ts";
export { revocationOf, ticketFor, warnBefore } from "./grants.ts";
export { unguardedLine } from "./lines.ts";
export { chatFolders, clientFolder, pageHeaders, socketOriginOf } from "./pages.ts";
export { runProgram } from "./program.ts";
export type { Attach, Attached, ChatParts } from "./start.ts";
export { openToAll } from "./unguarded.ts";
export type { Carrier, Visitor, Visitors } from "./visitors.ts";
