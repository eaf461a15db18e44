import type { Rule, Severity } from "../finding.ts";

export function rule(id: string, name: string, severity: Severity, title: string, cause: string, fix: string): Rule {
  return { id, name, severity, title, cause, fix };
}

export type CommonRule = "template" | "unreadable" | "notPassed";

/** What can be found in a configuration of any server. */
export const commonRules: Readonly<Record<CommonRule, Rule>> = {
  template: rule(
    "WSO130",
    "template",
    "note",
    "The file is a template",
    "Another program fills in its placeholders before a proxy reads it. What the proxy gets is not known here, so it cannot be judged.",
    "Render the template first, and check the result.",
  ),
  unreadable: rule(
    "WSO131",
    "configuration-syntax",
    "failure",
    "The file does not follow the grammar of its format",
    "The server refuses such a file, or a part of it is not understood here. What follows the place was not judged.",
    "Correct the line, and let the server itself check the file.",
  ),
  notPassed: rule(
    "WSO132",
    "socket-path-not-passed",
    "failure",
    "Nothing in this file passes the socket's path on",
    "No route of this file sends requests for the path to a backend, so the handshake is answered by the proxy itself.",
    "Add a route for the path, or check the file that has it.",
  ),
};
