import { CannotRun, type Command } from "../command.ts";

export const proxy: Command = {
  name: "proxy",
  summary: "",
  usage: "",
  rules: [],
  run: () => Promise.reject(new CannotRun("Not there yet.")),
};
