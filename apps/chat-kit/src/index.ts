export { type Chat, maxPayload } from "./chat.ts";
export { unguardedLine } from "./lines.ts";
export { chatFolders, pageHeaders } from "./pages.ts";
export { runProgram } from "./program.ts";
export type { Attach, Attached, ChatParts } from "./start.ts";
export { openToAll } from "./unguarded.ts";
export type { Carrier, Visitors } from "./visitors.ts";
