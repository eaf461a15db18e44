import { define, type Entry } from "../entry.ts";

/** The connection, its name, and what stands on the way. */
export const network: readonly Entry[] = [
  define({
    id: "WSO327",
    name: "connection-refused",
    title: "Nothing listens on that address and port",
    cause:
      "The server is down, listens on another port, or on 127.0.0.1 only (in a container: on the container's own). `localhost` may mean ::1 to one side and 127.0.0.1 to the other.",
    fix: "Start the server, compare the port, and let it listen on 0.0.0.0 where others must reach it.",
    lines: () => [
      "On the server: ss -ltnp | grep <port>",
      'Node: server.listen(port, "0.0.0.0")',
      "Container: publish the port (docker run -p 3000:3000).",
    ],
    outside: true,
  }),
  define({
    id: "WSO328",
    name: "connection-reset",
    title: "The connection was cut with a reset",
    cause:
      "A server or a proxy that crashed or closed with data unread, a firewall, or a filter that dislikes upgrades.",
    fix: "Look into the server's log at that moment; try from another network.",
    outside: true,
  }),
  define({
    id: "WSO329",
    name: "name-not-resolved",
    title: "The host's name does not resolve",
    cause:
      "A typing error, a record that is missing, or a name that only exists inside a network (a container's or a service's name in a URL for browsers).",
    fix: "Check the name. A page needs a public name, not that of a container.",
    lines: ({ url }) => [
      `nslookup ${url?.hostname ?? "<host>"}`,
      "A page runs in the visitor's browser: it cannot resolve `backend` or `api.default.svc`.",
    ],
  }),
  define({
    id: "WSO330",
    name: "connection-timed-out",
    title: "Nothing answers at that address",
    cause:
      "A firewall or security group drops the packets, the address is not routed (a private one, a VPN), or IPv6 is announced and does not work.",
    fix: "Open the port in the firewall, and compare the address the name resolves to.",
    outside: true,
  }),
  define({
    id: "WSO331",
    name: "port-blocked",
    title: "Browsers never connect to this port or address",
    cause:
      "The port is on the list of ports that belong to other protocols (22, 25, 6000, 6666, 10080 and some eighty more), or the address is 0.0.0.0.",
    fix: "Serve on another port (443, 8080, 8443), and connect to a host's name, not to 0.0.0.0.",
  }),
  define({
    id: "WSO337",
    name: "http11-not-offered",
    title: "The server speaks HTTP/2 only, or refuses the socket there",
    cause:
      "A WebSocket needs HTTP/1.1, or a server that really serves extended CONNECT (RFC 8441). This one offers h2 alone in ALPN, or announces extended CONNECT and refuses it.",
    fix: "Offer http/1.1 in ALPN beside h2, and do not set enableConnectProtocol unless sockets are served over HTTP/2.",
    lines: () => ["Node: http2.createSecureServer({ allowHTTP1: true, key, cert }), without enableConnectProtocol"],
    outside: true,
  }),
  define({
    id: "WSO338",
    name: "proxy-failed",
    title: "A forward proxy stands between, and wants a login or refuses the tunnel",
    cause:
      "The network's proxy (a company's, a VPN's) asks for or does not allow CONNECT to this host or port. If a server of yours answers 407, it should be 401 or 403.",
    fix: "Log in to the proxy, use wss: on port 443, or let the network's administrators allow the host.",
  }),
  define({
    id: "WSO339",
    name: "local-network-blocked",
    title: "A public page may not connect to this computer or the local network",
    cause:
      "Chrome asks the user before a public page reaches a private or loopback address, for WebSockets since version 147. The user said no, nobody could be asked (an http: page, a frame without `allow`, a shared worker), or a public name resolves to a private address (staging behind a VPN). It is worded as CORS for fetch, and is not.",
    fix: 'Serve the page over https: and let the user allow it; give frames allow="local-network; loopback-network"; managed browsers: LocalNetworkAccessAllowedForUrls.',
    lines: () => [
      "Serve the page over https:, and answer Allow to Chrome's question (Site settings, Local network / Apps on device).",
      'Frames: <iframe allow="local-network; loopback-network" src="…">',
      "Managed browsers: policy LocalNetworkAccessAllowedForUrls or LoopbackNetworkAllowedForUrls.",
      "If the server is meant to be public, let its name resolve to its public address.",
    ],
  }),
  define({
    id: "WSO340",
    name: "blocked-on-this-computer",
    title: "Something on this computer blocked the connection",
    cause: "An extension, a policy of the administrator, or a security program. The server never saw it.",
    fix: "Try a guest window without extensions; take the host off the blocker's list.",
  }),
];
