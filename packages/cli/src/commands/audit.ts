import { CannotRun, type Command } from "../command.ts";

export const audit: Command = {
  name: "audit",
  summary: "",
  usage: "",
  rules: [],
  run: () => Promise.reject(new CannotRun("Not there yet.")),
};
