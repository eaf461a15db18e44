import type { DoctorOptions } from "../arguments.ts";
import { headerOf, type Reply } from "../exchange.ts";
import { planOf } from "../plan.ts";
import { lines, refused, silent, textOf, wordsOf } from "../reply.ts";
import type { DoctorRule } from "./rule.ts";

/** Limits of the server, or of what stands in front of it: how long a request may be, and how many may come. */
export const limitRules: readonly DoctorRule[] = [
  {
    id: "WSO031",
    name: "too-large",
    group: "handshake",
    severity: "failure",
    title: "The request's header is too large",
    cause:
      "Cookies or a token in the URL are longer than the server takes: 8 KiB in nginx, 16 KiB in Node.js and most others.",
    fix: "Send a short ticket instead of a long token; remove old cookies; or raise the limit (nginx: large_client_header_buffers).",
    when: ({ replies: { page }, options }) => {
      if (page === undefined || page.status === 101) return undefined;
      const said =
        page.status === 431 ||
        page.status === 414 ||
        /Request Header Or Cookie Too Large|header field exceeds server limit/i.test(textOf(page));
      const bytes = bytesOfPage(options);
      // Many servers say no more than 400, or nothing, to a header that is longer than they take.
      const likely = bytes > usualLimit && (page.status === 400 || page.status === 413 || silent(page));
      if (!said && !likely) return undefined;
      return { seen: [...(refused(page) ? lines(page) : [wordsOf(page)]), `the handshake has ${bytes} bytes`] };
    },
  },
  {
    id: "WSO032",
    name: "rate-limited",
    group: "handshake",
    severity: "failure",
    title: "There were too many handshakes",
    cause: "A limit per address has been reached: here, or for everybody behind the same proxy.",
    fix: "Wait, and look at why clients come back so often; a limit should count failures, and the client's own address.",
    when: ({ replies: { page, plain }, throttled }) => {
      if (refused(page) && (page.status === 429 || (limitedByNginx(page) && plain?.status !== 503)))
        return {
          seen: [...lines(page), `Retry-After: ${headerOf(page, "retry-after") ?? "none"}`],
          ...(page.status === 503 && { fix: nginxLimits }),
        };
      const first = throttled?.page;
      if (page?.status !== 101 || first === undefined) return undefined;
      return {
        seen: [`${first.statusLine}, and a second later ${page.statusLine}`],
        severity: "warning",
        ...(first.status === 503 && { fix: nginxLimits }),
      };
    },
  },
];

/** Whether it is nginx's own page with 503: failures of its backends are 502 and 504. */
export function limitedByNginx(page: Reply): boolean {
  return page.status === 503 && /<center>nginx/.test(textOf(page));
}

export const nginxLimits: readonly string[] = [
  "nginx answers 503 by itself for limit_req, limit_conn and `return 503`: look for them in the location of the socket and around it.",
  "A limit that fits sockets: limit_req with burst=20 nodelay; and limit_req_status 429, so that it is not taken for a failure.",
];

/** Most servers take 8 KiB, in a line or in all. */
const usualLimit = 8000;

function bytesOfPage(options: DoctorOptions): number {
  return planOf(options).find(({ name }) => name === "page")?.request.length ?? 0;
}
