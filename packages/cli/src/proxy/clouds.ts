import { amazon } from "./clouds/amazon.ts";
import type { Cloud } from "./clouds/fact.ts";
import { googleAndMicrosoft } from "./clouds/google-and-microsoft.ts";
import { kubernetes } from "./clouds/kubernetes.ts";
import { platforms } from "./clouds/platforms.ts";

export type CloudKind =
  | "aws-alb"
  | "aws-nlb"
  | "cloudfront"
  | "api-gateway"
  | "cloudflare"
  | "gcp"
  | "azure-front-door"
  | "azure-app-gateway"
  | "azure-app-service"
  | "kubernetes"
  | "heroku"
  | "fly"
  | "vercel"
  | "render"
  | "netlify"
  | "fastly";

/** When the facts were true. */
const asOf = "2026-11-23";

const { cloudflare, ...others } = platforms;
const { gcp, ...azure } = googleAndMicrosoft;
const clouds: Readonly<Record<CloudKind, Cloud>> = { ...amazon, cloudflare, gcp, ...azure, ...kubernetes, ...others };

/** All of them, with what each is. */
export const cloudTitles: ReadonlyMap<string, string> = new Map(
  Object.entries(clouds).map(([name, { title }]) => [name, title]),
);

export function isCloud(name: string): name is CloudKind {
  return Object.hasOwn(clouds, name);
}

/** The limits and settings that matter to a socket, each with its source. */
export function cloudText(kind: CloudKind): string {
  const { title, facts, example } = clouds[kind];
  return [
    `${title}: what matters to WebSockets, as of ${asOf}`,
    "",
    ...facts.flatMap(({ text, source }) => [`- ${text}`, `  Source (${asOf}): ${source}.`]),
    ...(example === undefined ? [] : ["", "Example:", "", example.trimEnd()]),
    "",
    "An idle socket that is cut gets no close frame: clients see code 1006. A ping from the server every 25 to 30 seconds keeps sockets open",
    "through every idle limit above; nothing does through a lifetime limit, so let clients reconnect.",
    "",
  ].join("\n");
}
