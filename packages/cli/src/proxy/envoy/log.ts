import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import { get, type Node, valueOf, walk } from "../tree.ts";
import { envoyRules } from "./rules.ts";

const telling =
  /%REQ\((?:X-ENVOY-ORIGINAL-PATH|:PATH|SEC-WEBSOCKET-PROTOCOL|AUTHORIZATION|COOKIE)\b[^)]*\)|%PATH\(WQ|%QUERY/i;

/** Whether an access log of the connection manager holds tokens. Without a format of its own it does. */
export function checkLog({ file }: Given, manager: Node): readonly Finding[] {
  return (get(manager, "access_log")?.list ?? []).flatMap((log) => {
    const config = get(log, "typed_config") ?? get(log, "config");
    if (valueOf(config, "path") === "/dev/null") return [];
    const formats = ["log_format", "format", "json_format", "typed_json_format"].flatMap(
      (name) => get(config, name) ?? [],
    );
    const texts = formats.flatMap((format) =>
      [...walk(format)].flatMap(({ node }) => (node.value === undefined ? [] : [node])),
    );
    const place = texts.length === 0 ? log : texts.find(({ value }) => telling.test(value ?? ""));
    if (place === undefined) return [];
    const fix = [
      "log_format:",
      "  text_format_source:",
      '    inline_string: "[%START_TIME%] %REQ(:METHOD)% %PATH(NQ)% %RESPONSE_CODE%\\n"',
    ];
    return [found(file, envoyRules.queryLogged, place, fix)];
  });
}
