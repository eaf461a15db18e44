import { type Cloud, fact, unconfirmed } from "./fact.ts";

const albDocs = "AWS documentation, Application Load Balancers";
const gatewayDocs = "AWS documentation, API Gateway quotas for WebSocket APIs";

/** Amazon's load balancers, network and gateways. */
export const amazon: Readonly<Record<"aws-alb" | "aws-nlb" | "cloudfront" | "api-gateway", Cloud>> = {
  "aws-alb": {
    title: "AWS Application Load Balancer",
    facts: [
      fact("Nothing to switch on, but the target group must be HTTP/1.1: one for HTTP/2 or gRPC answers 464.", albDocs),
      fact(
        "Idle limit 60 seconds, settable to 4000: idle_timeout.timeout_seconds. WebSocket pings count, HTTP/2 pings do not. Ping every 30 to 45 seconds: an interval of 60 races with the limit.",
        `${albDocs}; mattermost/docs#8929`,
      ),
      fact("Limits: request line 16 KB, one header 16 KB, all headers 64 KB.", albDocs),
      fact(
        "Origin passes. Host too; set routing.http.preserve_host_header.enabled so that the port stays as it was.",
        unconfirmed,
      ),
      fact(
        "Socket.IO with polling needs stickiness on the target group.",
        "Socket.IO documentation, using multiple nodes",
      ),
    ],
  },
  "aws-nlb": {
    title: "AWS Network Load Balancer",
    facts: [
      fact(
        "Nothing to switch on: it passes TCP or TLS through, so Host and Origin stay and there is no limit for headers.",
        "AWS documentation, Network Load Balancers",
      ),
      fact(
        "Idle limit 350 seconds, settable from 60 to 6000 for TCP listeners (tcp.idle_timeout.seconds), fixed for TLS listeners. Ping more often.",
        "AWS documentation, TCP idle timeout of Network Load Balancers",
      ),
    ],
  },
  cloudfront: {
    title: "Amazon CloudFront",
    facts: [
      fact(
        "WebSockets are on. The cache behaviour must pass on Sec-WebSocket-Key and Sec-WebSocket-Version, else the origin sees a broken handshake. The origin request policy AllViewer passes all.",
        "AWS documentation, WebSockets with CloudFront distributions",
      ),
      fact(
        "Origin and Host reach your server only by the policy: AllViewer passes both, AllViewerExceptHostHeader replaces Host.",
        "AWS documentation, managed origin request policies",
      ),
      fact(
        "A socket is closed when the origin sends nothing for 10 minutes. This cannot be changed: let the server send pings.",
        "AWS re:Post, WebSocket timeouts of CloudFront",
      ),
    ],
  },
  "api-gateway": {
    title: "Amazon API Gateway, WebSocket APIs",
    facts: [
      fact(
        "Idle limit 10 minutes, lifetime 2 hours. Neither can be raised: ping, and let clients reconnect.",
        gatewayDocs,
      ),
      fact("Frames of 32 KB, messages of 128 KB, URLs of 4096 characters, 500 new connections a second.", gatewayDocs),
      fact('The URL is the stage and nothing after it; another path gets 403 {"message":"Forbidden"}.', gatewayDocs),
      fact(
        "Origin and Host are in event.headers of $connect only, and the authorizer runs there only. Check Origin there.",
        "AWS documentation, $connect and $disconnect routes",
      ),
      fact(
        "Your function must return the chosen Sec-WebSocket-Protocol itself.",
        "AWS documentation, $connect routes that require a subprotocol",
      ),
    ],
  },
};
