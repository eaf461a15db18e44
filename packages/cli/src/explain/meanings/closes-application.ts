import { define, type Entry } from "../entry.ts";

/** Close codes of libraries and applications: the first that covers a code counts. */
export const applicationCloses: readonly (readonly [covers: (code: number) => boolean, Entry])[] = [
  [
    (code) => code === 3000 || code === 3003 || code === 3008,
    define({
      id: "WSO389",
      name: "close-iana",
      title: "Close code 3000, 3003 or 3008: refused or timed out, by the registered meaning",
      cause:
        "IANA lists them as Unauthorized, Forbidden and Timeout; some libraries have used the same numbers for other things.",
      fix: "3000: log in again. 3003: do not come back with the same rights or Origin. 3008: authenticate sooner.",
    }),
  ],
  [
    (code) => code >= 3001 && code <= 3999,
    define({
      id: "WSO390",
      name: "close-library",
      severity: "warning",
      title: "A close code of a library or framework",
      cause: "3000 to 3999 are registered by libraries: the server's library defines it.",
      fix: "Read event.reason, and look the number up in the library's documentation.",
    }),
  ],
  [
    (code) => code === 4401 || code === 4001,
    define({
      id: "WSO391",
      name: "close-unauthorized",
      title: "Close code 4401 or 4001: not logged in, or the token is no good",
      cause:
        "The server opened the socket to be able to say so: a page cannot see a 401. 4001 means so by custom only.",
      fix: "Fetch a fresh token or log in, then connect. Do not repeat the same attempt.",
      lines: () => ['ws.addEventListener("close", ({ code }) => (code === 4401 ? logIn() : reconnectLater()));'],
    }),
  ],
  [
    (code) => code === 4403 || code === 4003,
    define({
      id: "WSO392",
      name: "close-forbidden",
      title: "Close code 4403 or 4003: refused",
      cause:
        "The page's Origin or the user's rights are not accepted. 4003 means so by custom only. Django Channels sends it only if the consumer accepted before.",
      fix: "Add the page's origin to the server's list, or give the user the right. Do not come back by itself.",
    }),
  ],
  [
    (code) => code === 4408,
    define({
      id: "WSO393",
      name: "close-auth-timeout",
      title: "Close code 4408: the client did not authenticate in time, or the server did not decide in time",
      cause: "The first message (connection_init, a token) did not come before the deadline, or what decides is slow.",
      fix: "Send the token at once in `open`; look at what makes the decision slow.",
      lines: () => [
        'ws.addEventListener("open", () => ws.send(JSON.stringify({ type: "connection_init", payload: { token } })));',
      ],
    }),
  ],
  [
    (code) => code === 4429,
    define({
      id: "WSO394",
      name: "close-too-many",
      title: "Close code 4429: too many",
      cause: "Too many attempts, sockets or messages of one client; in graphql-ws a second connection_init.",
      fix: "Wait longer after each failure, share one socket, and send connection_init once.",
    }),
  ],
  [
    (code) => (code >= 4400 && code <= 4431) || code === 4499 || (code >= 4500 && code <= 4504),
    define({
      id: "WSO395",
      name: "close-http-mirrored",
      title: "A close code that mirrors an HTTP status (44xx, 45xx)",
      cause:
        "4000 more than the status, by a custom that graphql-ws made known: 4400 bad request, 4404 not found, 4500 server error.",
      fix: "Read event.reason. graphql-ws and apollo: compare the subprotocol (graphql-transport-ws, not graphql-ws) and what the client sends first.",
    }),
  ],
  [
    (code) => code >= 4000 && code <= 4299,
    define({
      id: "WSO396",
      name: "close-pusher",
      title: "A close code of Pusher's ranges, or of the application",
      cause:
        "In Pusher's protocol (Soketi, Laravel Reverb, Ably's adapter) 4000 to 4099 mean: do not come back before something is changed; 4100 to 4199: come back after a second or more; 4200 to 4299: come back at once.",
      fix: "Without Pusher, look into the server's own code. With it, compare app key, cluster and host.",
    }),
  ],
  [
    (code) => code >= 4300 && code <= 4999,
    define({
      id: "WSO397",
      name: "close-application",
      title: "A close code of the application",
      cause: "4000 to 4999 belong to the application: only its own code knows what this number means.",
      fix: "Read event.reason, and look the number up in the server's code.",
    }),
  ],
];
