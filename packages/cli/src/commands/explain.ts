import { CannotRun, type Command } from "../command.ts";

export const explain: Command = {
  name: "explain",
  summary: "",
  usage: "",
  rules: [],
  run: () => Promise.reject(new CannotRun("Not there yet.")),
};
