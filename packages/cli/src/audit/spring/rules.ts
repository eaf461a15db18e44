import type { Rule } from "../../finding.ts";
import { rule } from "../languages/check.ts";

type Name = "anyOrigin" | "widePattern" | "subdomains" | "cors" | "serverEndpoint";

const anyPage =
  "A browser sends the visitor's cookies with a WebSocket handshake, whichever page opens the socket, so any page can act as the visitor.";

/** What the audit can find in a project with Spring, or with Jakarta WebSocket. */
export const springRules: Readonly<Record<Name, Rule>> = {
  anyOrigin: rule(
    "WSO270",
    "spring-any-origin",
    "failure",
    "A handler or endpoint of Spring lets every page in.",
    `${anyPage} Without setAllowedOrigins() only pages whose origin equals Host get in; "*" removes that check.`,
    'List the origins: .setAllowedOrigins("https://app.example.com").',
  ),
  widePattern: rule(
    "WSO271",
    "spring-wide-pattern",
    "failure",
    "A pattern of setAllowedOriginPatterns() matches origins of others.",
    'The star stands for any characters, dots included: "https://*" matches every https page, and "https://*example.com" matches https://evilexample.com. Spring does not check patterns.',
    'List the origins with setAllowedOrigins(), or let the star stand for whole labels: "https://*.example.com".',
  ),
  subdomains: rule(
    "WSO272",
    "spring-subdomains",
    "warning",
    "A pattern of setAllowedOriginPatterns() lets every subdomain in.",
    "One forgotten or hijacked name among them opens the socket as every visitor.",
    "If it is not meant, list the names one by one with setAllowedOrigins().",
  ),
  cors: rule(
    "WSO273",
    "spring-cors-is-no-gate",
    "warning",
    "@CrossOrigin and addCorsMappings() decide nothing for these sockets.",
    "They apply to methods of controllers. Handlers and endpoints of sockets have a mapping of their own.",
    "Give the handler or endpoint the same list with setAllowedOrigins().",
  ),
  serverEndpoint: rule(
    "WSO274",
    "server-endpoint-unguarded",
    "failure",
    "A @ServerEndpoint takes sockets of every origin.",
    `${anyPage} The default ServerEndpointConfig.Configurator accepts every Origin.`,
    "Name a configurator that overrides checkOrigin().",
  ),
};
