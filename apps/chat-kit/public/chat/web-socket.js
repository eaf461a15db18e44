import { post } from "./api.js";
import { connect } from "./client/index.js";

/**
 * Enters a room over a WebSocket of its own, with @wsorigin/client, which fetches the tickets and opens it again.
 *
 * @param on what is called: `event`, `state`, `carrier`, `end`; and `mayRenew`, which is asked
 */
export function enterByWebSocket(room, on) {
  const connection = connect({
    url: `/chat/${encodeURIComponent(room)}`,
    protocols: ["chat.v1"],
    ticket: "/api/ticket",
    renew: {
      when: (message) => JSON.parse(message).type === "expiring" && on.mayRenew(),
      message: (ticket) => JSON.stringify({ ticket }),
    },
    onOpen: () => on.carrier("WebSocket"),
    onMessage: ({ data }) => on.event(JSON.parse(data)),
    onState: on.state,
    onClose: (event, what) => on.end(event?.reason ?? "", what),
  });
  return {
    say: (text) => connection.send(JSON.stringify({ text })),
    /** Brings a new ticket on the open socket before the server asks for one. */
    async renew() {
      const response = await post("ticket", {});
      if (response?.ok) connection.send(JSON.stringify({ ticket: (await response.json()).ticket }));
    },
    close: () => connection.close(),
    reconnect: () => connection.reconnect(),
  };
}
