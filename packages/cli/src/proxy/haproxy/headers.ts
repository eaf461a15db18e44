import { literal } from "../../expression.ts";
import type { Finding } from "../../finding.ts";
import { found, type Given, isHandshakeHeader } from "../checker.ts";
import type { Route } from "./check.ts";
import { truthOf } from "./conditions.ts";
import { type HaproxyLine, settingsOf } from "./parse.ts";
import { haproxyRules } from "./rules.ts";

/** The lines of the frontend and the backend that change what a handshake looks like, or refuse it. */
export function checkHeaders({ file }: Given, { frontend, backend, acls }: Route): readonly Finding[] {
  const sections = new Set([...(frontend === undefined ? [] : [frontend]), backend]);
  return [...sections].flatMap((section) =>
    section.lines.flatMap((line) => {
      const truth = truthOf(line, acls);
      if (truth === "never" || truth === "unknown") return [];
      const finding = changed(file, line) ?? (truth === "handshake" ? refused(file, line) : undefined);
      return finding === undefined ? [] : [finding];
    }),
  );
}

function changed(file: string, line: HaproxyLine): Finding | undefined {
  const [side = "", action = "", name = "", value = ""] = line.words;
  const nothing = [`# in place of line ${line.line}: nothing`];
  if (
    side === "http-response" &&
    /^(?:del|set|replace)-header$/.test(action) &&
    isHandshakeHeader(name) &&
    !/%\[/.test(value)
  )
    return found(file, haproxyRules.headerLost, line, nothing);
  if (side === "http-send-name-header" && action.toLowerCase() === "host")
    return found(file, haproxyRules.hostLost, line, nothing);
  if (side !== "http-request" || !/^(?:del|set|add|replace)-(?:header|value)$/.test(action)) return undefined;
  const kept = new RegExp(`%\\[(?:req\\.)?f?hdr\\(${literal(name)}`, "i").test(value);
  if (/^origin$/i.test(name)) return kept ? undefined : found(file, haproxyRules.originChanged, line, nothing);
  if (/^host$/i.test(name) && action !== "add-header")
    return kept || /%\[.*(?:hdr\(host|base|var\()/i.test(value)
      ? undefined
      : found(file, haproxyRules.hostLost, line, nothing);
  if (!isHandshakeHeader(name) || kept || action === "add-header") return undefined;
  if (action === "set-header" && /^(?:upgrade|websocket)$/i.test(value)) return undefined;
  return found(file, haproxyRules.headerLost, line, nothing);
}

function refused(file: string, line: HaproxyLine): Finding | undefined {
  const [first = "", second = ""] = line.words;
  const redirect = first === "redirect" || (first === "http-request" && second === "redirect");
  const denied = first === "http-request" && /^(?:deny|reject|silent-drop|return|tarpit)$/.test(second);
  if (!redirect && !denied) return undefined;
  return found(file, haproxyRules.refused, line, [`# in place of line ${line.line}: nothing`]);
}

/** Whether the log of these requests is turned off. */
export function isSilenced({ frontend, backend, acls }: Route): boolean {
  return [
    ...(frontend === undefined ? [] : settingsOf(frontend, "http-request", "set-log-level")),
    ...settingsOf(backend, "http-request", "set-log-level"),
  ].some((line) => line.words[2] === "silent" && ["always", "handshake"].includes(truthOf(line, acls)));
}
