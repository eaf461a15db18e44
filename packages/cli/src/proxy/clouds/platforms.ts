import { type Cloud, fact, unconfirmed } from "./fact.ts";

const cloudflareDocs = "Cloudflare documentation, WebSockets and connection limits";

/** Networks and platforms in front of, or around, one's own server. */
export const platforms: Readonly<
  Record<"cloudflare" | "heroku" | "fly" | "vercel" | "render" | "netlify" | "fastly", Cloud>
> = {
  cloudflare: {
    title: "Cloudflare",
    facts: [
      fact(
        "WebSockets are on by default: Network, WebSockets. WAF and bot rules apply to the handshake, so exempt the path from challenges: no socket can answer one.",
        cloudflareDocs,
      ),
      fact(
        "The origin has 100 seconds to answer the handshake (524). A silent client is closed after 400 seconds.",
        cloudflareDocs,
      ),
      fact("Sockets are closed when Cloudflare releases code. Let clients reconnect.", cloudflareDocs),
      fact("Limits: URL 16 KB, all headers 16 KB.", cloudflareDocs),
      fact("Host and Origin pass unchanged.", cloudflareDocs),
      fact(
        "cloudflared with --protocol http2 may answer 502, and Bot Fight Mode breaks tunnels.",
        "cloudflare/cloudflared#1208 and #324",
      ),
    ],
  },
  heroku: {
    title: "Heroku",
    facts: [
      fact("Nothing to switch on.", "Heroku Dev Center, WebSockets"),
      fact(
        "30 seconds for the answer to the handshake (H12), then at most 55 seconds of silence (H15). Ping every 45 seconds or more often.",
        "Heroku Dev Center, WebSockets and request timeout",
      ),
      fact("Host and Origin pass unchanged.", unconfirmed),
    ],
  },
  fly: {
    title: "Fly.io",
    facts: [
      fact("Nothing to switch on.", "Fly.io community forum"),
      fact(
        "The proxy closes a socket after about 60 seconds of silence. Ping every 30 seconds.",
        "Fly.io community forum",
      ),
    ],
  },
  vercel: {
    title: "Vercel",
    facts: [
      fact(
        "Functions serve WebSockets, with Fluid compute. Rewrites and the firewall apply to the handshake; a framework that does not serve sockets answers 404 or 426.",
        "Vercel documentation, WebSockets in functions (a public beta by some pages)",
      ),
      fact(
        "A socket is closed at the function's maximum duration: 300 seconds unless set, 800 on Pro. Let clients reconnect.",
        "Vercel documentation, WebSockets in functions",
      ),
    ],
  },
  render: {
    title: "Render",
    facts: [
      fact(
        "Web services take WebSockets; nothing to switch on. Static sites do not.",
        "Render documentation, WebSockets",
      ),
      fact(
        "Deploys and restarts close sockets. Let clients reconnect. No fixed limit for idle sockets is known.",
        unconfirmed,
      ),
    ],
  },
  netlify: {
    title: "Netlify",
    facts: [
      fact(
        "There is no WebSocket server: functions do not upgrade. Run it elsewhere and let the page connect to it by its own name.",
        "Netlify documentation, functions",
      ),
      fact(
        "A rewrite to another site ends after 26 seconds, so it is no way around.",
        "Netlify documentation, rewrites and proxies",
      ),
    ],
  },
  fastly: {
    title: "Fastly",
    facts: [
      fact("Switch it on: WebSockets are a product of their own, off by default.", "Fastly documentation, WebSockets"),
      fact(
        "VCL needs return(upgrade) in vcl_recv; Compute needs handoff_websocket.",
        "Fastly documentation, WebSockets",
      ),
      fact(
        "Not together with shielding or the Next-Gen WAF, and not to an origin with a self-signed certificate.",
        "Fastly documentation, WebSockets",
      ),
      fact("Host and Origin are as the service sets them.", "Fastly documentation, WebSockets"),
    ],
  },
};
