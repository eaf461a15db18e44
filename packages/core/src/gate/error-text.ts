import { escapeControls } from "../explain/text.ts";

/** How much of an error is printed, in characters. */
const maxLength = 4096;

/** What a gate prints about an error where the app has no `onError`. Control characters are escaped, because an error's text can quote what a client sent. */
export function errorText(error: unknown, where: string): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return escapeControls(`[wsorigin] ${where} failed: ${text.slice(0, maxLength)}`);
}
