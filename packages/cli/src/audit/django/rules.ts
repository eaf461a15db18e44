import type { Rule } from "../../finding.ts";
import { rule } from "../languages/check.ts";

type Name = "unguarded" | "anyOrigin" | "anyHost" | "hostsOnly" | "subdomains" | "cors";

const anyPage =
  "A browser sends the visitor's cookies with a WebSocket handshake, whichever page opens the socket, so any page can act as the visitor.";

/** What the audit can find in a project with Django Channels. */
export const djangoRules: Readonly<Record<Name, Rule>> = {
  unguarded: rule(
    "WSO260",
    "channels-unguarded",
    "failure",
    "Sockets of Django Channels open for every origin.",
    `${anyPage} The application for "websocket" is not wrapped in a validator, and AuthMiddlewareStack compares no Origin.`,
    'Wrap the application for "websocket" in channels.security.websocket.OriginValidator.',
  ),
  anyOrigin: rule(
    "WSO261",
    "origin-validator-any",
    "failure",
    'OriginValidator with "*" lets every page in.',
    `${anyPage} With "*" in its list, OriginValidator accepts every Origin, and handshakes without one.`,
    "List the origins, with their scheme.",
  ),
  anyHost: rule(
    "WSO262",
    "allowed-hosts-any",
    "failure",
    'AllowedHostsOriginValidator with ALLOWED_HOSTS = ["*"] lets every page in.',
    `${anyPage} AllowedHostsOriginValidator compares the Origin with ALLOWED_HOSTS, and "*" matches every host.`,
    "Name the hosts in ALLOWED_HOSTS, or use OriginValidator with a list of its own.",
  ),
  hostsOnly: rule(
    "WSO263",
    "origin-validator-without-scheme",
    "warning",
    "A validator compares the host of the Origin only.",
    "A page served over plain http by the same host is let in too, and whoever controls the network between a visitor and that host can serve one. AllowedHostsOriginValidator never compares the scheme, and OriginValidator does so only for entries that have one.",
    "Use OriginValidator with entries that have a scheme.",
  ),
  subdomains: rule(
    "WSO264",
    "origin-validator-subdomains",
    "warning",
    "An entry of OriginValidator lets every subdomain in.",
    "An entry whose host begins with a dot matches the domain and every name below it. One forgotten or hijacked name among them opens the socket as every visitor.",
    "If it is not meant, list the names one by one.",
  ),
  cors: rule(
    "WSO265",
    "cors-headers-is-no-gate",
    "warning",
    "django-cors-headers decides nothing for these sockets.",
    "Its middleware handles HTTP requests. Channels never calls it for a socket, so a page that it does not list opens the socket all the same.",
    'Keep it for HTTP, and wrap the application for "websocket" in OriginValidator with the same list.',
  ),
};
