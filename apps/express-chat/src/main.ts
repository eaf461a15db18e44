import { runProgram } from "chat-kit";
import { attach } from "./server.ts";

await runProgram("Express", attach);
