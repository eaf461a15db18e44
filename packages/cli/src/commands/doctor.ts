import { CannotRun, type Command } from "../command.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "",
  usage: "",
  rules: [],
  run: () => Promise.reject(new CannotRun("Not there yet.")),
};
