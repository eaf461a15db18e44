import { type Command, UsageError } from "../command.ts";
import { loadRules } from "../catalogue.ts";
import type { Report, Rule } from "../finding.ts";
import { commonNames } from "../options.ts";
import { nearest } from "../nearest.ts";
import { entries, explainText } from "../explain/explain.ts";

const usage = `Usage: wsorigin explain <text...>
       wsorigin explain -

Says what a console line, a client's error or a close code means, and what to do about it. Without a text, or with -, it reads standard input:
paste as many lines as you like, with stack traces and all, and end with Ctrl-D. Tokens, cookies and query strings are not shown again.

Knows the texts of Chrome, Firefox and Safari; of ws, Node, Bun, Deno, Socket.IO, SignalR, Vite and Next.js; of clients in Python, Go, Rust, Java, Swift,
.NET and Dart; the logs of nginx, Apache, HAProxy, Caddy, AWS, CloudFront and Cloudflare; close codes from 1000 to 4999; the statuses of handshakes; and the
codes, errors and rules of wsorigin.

Examples:
  wsorigin explain 1006
  wsorigin explain closed with 4403
  wsorigin explain 403
  wsorigin explain origin-not-listed
  tail -n 50 /var/log/nginx/error.log | wsorigin explain -
  wsorigin explain "WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Unexpected response code: 426"
  wsorigin explain "Error: Unexpected server response: 404"
  pbpaste | wsorigin explain -
`;

/** `wsorigin explain`: from a text to its cause. Uses no network. */
export const explain: Command = {
  name: "explain",
  usage,
  rules: entries.map(({ rule }) => rule),
  async run(args, surroundings) {
    refuseMistyped(args);
    const fromInput = args.length === 0 || (args.length === 1 && args[0] === "-");
    const text = fromInput ? await surroundings.stdin() : args.join(" ");
    if (text.trim() === "") throw new UsageError('There is no text. Write for example: wsorigin explain "code 1006"');
    return { report: withRules(explainText(text), await rulesIn(text)) };
  },
};

/** The rules of wsorigin's own reports that a text names by their ids. Only then the other commands are loaded. */
async function rulesIn(text: string): Promise<readonly Rule[]> {
  const ids = new Set(
    text
      .slice(0, 65_536)
      .toUpperCase()
      .match(/\bWSO[0-9]{3}\b/g),
  );
  if (ids.size === 0) return [];
  return (await loadRules()).filter(({ id }) => ids.has(id)).slice(0, 20);
}

function withRules(report: Report, rules: readonly Rule[]): Report {
  if (rules.length === 0) return report;
  const findings = rules.map((rule) => ({ rule, seen: [rule.id], fix: [rule.fix] }));
  const others = report.findings.filter(({ rule }) => rule.id !== "WSO300" && !rules.includes(rule));
  return { ...report, findings: [...findings, ...others] };
}

/** What is explained may begin with dashes; what is nearly an option was meant as one. */
function refuseMistyped([first]: readonly string[]): void {
  if (first === undefined || !/^--[a-z]+(?:-[a-z]+)?$/.test(first) || nearest(first, commonNames) === undefined) return;
  throw new UsageError(`Unknown option ${JSON.stringify(first)}. To have it explained, write it behind "--".`, {
    mistyped: { given: first, known: commonNames },
  });
}
