import type { Reporter } from "../report.ts";

/** Longer addresses are cut: behind a proxy that is trusted too much, the client writes them. */
const maxLength = 64;

/** An address as it is kept and reported; `""` if it is not known. */
export function boundedAddress(ip: string | undefined): string {
  return (ip ?? "").slice(0, maxLength);
}

/** Asks for the client's address. Never throws: what goes wrong is reported. */
export function readAddress(ask: () => string | undefined, reporter: Reporter): string {
  try {
    return boundedAddress(ask());
  } catch (error) {
    // A session of HTTP/2 that is gone has no socket any more, and its address cannot be read.
    if (Object(error).code !== "ERR_HTTP2_SOCKET_UNBOUND") reporter.error(error, "the framework's adapter");
    return "";
  }
}
