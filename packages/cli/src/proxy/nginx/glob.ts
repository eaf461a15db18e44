/** Whether a part of a path is a pattern and not a name. */
export function isGlob(part: string): boolean {
  return /[*?[]/.test(part);
}

/** Whether a name is what a pattern of `*`, `?` and `[abc]` means. In time proportional to both lengths multiplied. */
export function matchesGlob(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const parts = pattern.match(/\[!?\]?[^\]]*\]|[^]/g) ?? [];
  let at = 0;
  let part = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part++;
      starAt = at;
    } else if (wanted !== undefined && matchesOne(name.charAt(at), wanted)) {
      part++;
      at++;
    } else if (star !== -1) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === "*");
}

function matchesOne(char: string, part: string): boolean {
  if (part === "?") return true;
  if (part.length === 1) return part === char;
  const negated = part.startsWith("[!");
  const set = part.slice(negated ? 2 : 1, -1);
  let found = false;
  for (let at = 0; at < set.length; at++) {
    if (set.charAt(at + 1) === "-" && at + 2 < set.length) {
      found ||= char >= set.charAt(at) && char <= set.charAt(at + 2);
      at += 2;
    } else found ||= set.charAt(at) === char;
  }
  return found !== negated;
}
