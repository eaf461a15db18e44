import { type Command, UsageError } from "../command.ts";
import { commonNames } from "../options.ts";
import { nearest } from "../nearest.ts";
import { entries, explainText } from "../explain/explain.ts";

const usage = `Usage: wsorigin explain <text...>
       wsorigin explain -

Says what a console line, a client's error or a close code means, and what to do about it. Without a text, or with -, it reads standard input:
paste as many lines as you like, with stack traces and all, and end with Ctrl-D. Tokens, cookies and query strings are not shown again.

Knows the texts of Chrome, Firefox, Safari, ws and Node, Socket.IO, SignalR, Python and Go clients; close codes from 1000 to 4999; and the
statuses of handshakes; the codes of wsorigin's own log.

Examples:
  wsorigin explain 1006
  wsorigin explain closed with 4403
  wsorigin explain 403
  wsorigin explain origin-not-listed
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
    return { report: explainText(text) };
  },
};

/** What is explained may begin with dashes; what is nearly an option was meant as one. */
function refuseMistyped([first]: readonly string[]): void {
  if (first === undefined || !/^--[a-z]+(?:-[a-z]+)?$/.test(first) || nearest(first, commonNames) === undefined) return;
  throw new UsageError(`Unknown option ${JSON.stringify(first)}. To have it explained, write it behind "--".`, {
    mistyped: { given: first, known: commonNames },
  });
}
