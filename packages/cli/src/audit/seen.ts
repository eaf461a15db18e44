const longest = 200;

/** A line of a source, fit to be shown: secrets taken out, cut, and without characters that act on a terminal. */
export function seenLine(line: string): string {
  const text = redact(line.slice(0, 2000).trim());
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replaceAll("\t", " ").replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** Passwords in URLs, values of what is called a secret, and long texts of mixed characters without a word in them. */
function redact(line: string): string {
  return line
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]+@/gi, "$1…@")
    .replaceAll(/([?&][\w-]*(?:token|jwt|auth|key|session|sid|password|secret)[\w-]*=)(?!\$\{)[^\s&#"'`]+/gi, "$1…")
    .replaceAll(
      /((?:token|jwt|key|password|passwd|secret)["']?\s*[:=]\s*)(["'`])(?:(?!\2)[^\\]|\\.){4,}\2/gi,
      "$1$2…$2",
    )
    .replaceAll(
      /(?<=["'`=\s])(?=[A-Za-z0-9_+/=.-]*\d)(?=[A-Za-z0-9_+/=.-]*[A-Za-z])[A-Za-z0-9_+=-][A-Za-z0-9_+/=.-]{23,}(?=["'`&\s]|$)/g,
      "…",
    );
}
