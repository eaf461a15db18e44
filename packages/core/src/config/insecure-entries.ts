import type { OriginEntry } from "../check/lists.ts";
import { quote, show } from "../explain/text.ts";
import type { PolicyIssue } from "./errors.ts";
import { type InsecureEntries, originEntryText, readOriginEntry } from "./origin-entry.ts";

const name = "dangerouslyAllowInsecureOrigins";

/** Reads the option: all plain `http:` entries, none, or those of a list. Reports what is not such an entry. */
export function readInsecureEntries(value: unknown, report: (issue: PolicyIssue) => void): InsecureEntries {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (!Array.isArray(value)) {
    const message = `${name}: ${show(value)} is invalid. Write a list of the entries that it covers, true for every entry, or false.`;
    report({ code: "option-invalid", entry: name, message });
    return false;
  }
  const texts = new Set<string>();
  for (const entry of value) {
    const [secure, insecure] = [readOriginEntry(entry, false), readOriginEntry(entry, true)];
    if ("issue" in insecure) report(insecure.issue);
    else if ("issue" in secure) texts.add(originEntryText(insecure.value));
    else {
      const message = `${name}: ${quote(originEntryText(insecure.value))} needs no exception, because it is not plain http beyond loopback. Remove it.`;
      report({ code: "option-incoherent", entry: show(entry), message });
    }
  }
  return texts;
}

/** Reports the entries of the option's list that `origins` does not contain. */
export function reportUnlisted(
  insecure: InsecureEntries,
  origins: readonly OriginEntry[],
  report: (issue: PolicyIssue) => void,
): void {
  if (typeof insecure === "boolean" || insecure.size === 0) return;
  const listed = new Set(origins.map(originEntryText));
  for (const text of insecure) {
    if (listed.has(text)) continue;
    const message = `${name}: ${quote(text)} is not in origins. Add it to origins too, or remove it.`;
    report({ code: "option-incoherent", entry: text, message });
  }
}
