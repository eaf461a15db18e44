import { type Cloud, fact, unconfirmed } from "./fact.ts";

const frontDoorDocs = "Microsoft documentation, WebSocket on Azure Front Door";

/** Google's and Microsoft's load balancers. */
export const googleAndMicrosoft: Readonly<
  Record<"gcp" | "azure-front-door" | "azure-app-gateway" | "azure-app-service", Cloud>
> = {
  gcp: {
    title: "Google Cloud external Application Load Balancer",
    facts: [
      fact("Nothing to switch on.", "kubernetes/ingress-gce, backend timeout example"),
      fact(
        "The backend service's timeout, 30 seconds unless set, is the lifetime of a socket and no idle limit: pings do not help. On GKE set timeoutSec: 3600 or more in a BackendConfig.",
        "kubernetes/ingress-gce, backend timeout example",
      ),
      fact("Host and Origin pass unchanged.", unconfirmed),
      fact(
        "On Cloud Run the request timeout is the lifetime: 5 minutes unless set, 60 at most.",
        "Google Cloud documentation, Cloud Run request timeout",
      ),
    ],
  },
  "azure-front-door": {
    title: "Azure Front Door, Standard and Premium",
    facts: [
      fact("Switch caching off for the socket's route: one with caching does not pass Upgrade on.", frontDoorDocs),
      fact("Idle limit 5 minutes, lifetime 4 hours, 3000 sockets at once for a profile.", frontDoorDocs),
      fact(
        "Host is what the origin's \"origin host header\" says: leave it empty to keep the browser's. Origin passes.",
        frontDoorDocs,
      ),
      fact("The WAF looks at the handshake only.", frontDoorDocs),
    ],
  },
  "azure-app-gateway": {
    title: "Azure Application Gateway",
    facts: [
      fact(
        "Nothing to switch on. Health probes are ordinary requests: without a probe path that answers 200 every handshake gets 502.",
        "Microsoft documentation, WebSocket support in Application Gateway",
      ),
      fact("The backend setting's request timeout, 20 seconds unless set, limits the handshake.", unconfirmed),
      fact("A silent socket is closed after 4 minutes. Ping more often.", unconfirmed),
      fact("Host stays unless the backend setting overrides it. Origin passes.", unconfirmed),
    ],
  },
  "azure-app-service": {
    title: "Azure App Service",
    facts: [
      fact(
        "Switch it on: Configuration, General settings, Web sockets. While it is off, handshakes get 400 or 503.",
        unconfirmed,
      ),
      fact("A silent socket is closed after 230 seconds. Ping more often.", unconfirmed),
    ],
  },
};
