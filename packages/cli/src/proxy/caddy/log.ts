import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import { caddyRules } from "./rules.ts";
import type { Proxied } from "./sites.ts";

const right = [
  "  format filter {",
  "    wrap json",
  "    fields {",
  "      request>uri regexp [?].* ?REDACTED",
  "      request>headers>Sec-Websocket-Protocol delete",
  "    }",
  "  }",
];

/** Whether the site's access log holds tokens. Without `log` a site has none. */
export function checkLog({ file }: Given, { site, beside }: Proxied): readonly Finding[] {
  if (beside.some(({ name }) => name === "log_skip" || name === "skip_log")) return [];
  return site.lines
    .filter(({ name }) => name === "log")
    .flatMap((log) => {
      const output = log.block.find(({ name }) => name === "output")?.args[0];
      const format = log.block.find(({ name }) => name === "format");
      const fields = (format?.block ?? []).flatMap((line) => (line.name === "fields" ? line.block : line));
      const filtered =
        format?.args[0] === "filter" &&
        fields.some(
          ({ name, args }) => name === "request>uri" && /^(?:delete|query|regexp|replace|hash)$/.test(args[0] ?? ""),
        );
      if (output === "discard" || filtered) return [];
      return [found(file, caddyRules.queryLogged, log, [`# inside log { }, line ${log.line}`, ...right])];
    });
}
