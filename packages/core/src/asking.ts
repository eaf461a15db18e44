/** What came of asking: an answer, or what went wrong, in words. */
export type Asked = { readonly answer: unknown } | { readonly problem: string };

/**
 * Asks somebody who may throw, reject, or never answer. Never rejects.
 *
 * @param who what is asked, in words
 * @param how how it is called
 */
export async function ask(
  who: string,
  how: string,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => unknown,
): Promise<Asked> {
  const aborted = signal ?? new AbortController().signal;
  let stop = (): void => {};
  try {
    if (aborted.aborted) return { problem: `The handshake was given up before ${who} was asked.` };
    const given = call(aborted);
    if (!isThenable(given)) return { answer: given };
    const late = new Promise<Asked>((resolve) => {
      stop = () => resolve({ problem: `${who[0]?.toUpperCase()}${who.slice(1)} did not answer in time.` });
      aborted.addEventListener("abort", stop, { once: true });
    });
    return await Promise.race([Promise.resolve(given).then((answer) => ({ answer })), late]);
  } catch (error) {
    return { problem: `${how} failed: ${error instanceof Error ? error.message : typeof error}` };
  } finally {
    aborted.removeEventListener("abort", stop);
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
