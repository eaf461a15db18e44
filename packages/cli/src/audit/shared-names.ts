import { getPublicSuffix } from "tldts";

/** Names below which anybody gets one, and which the public suffix list does not have. */
const unlisted =
  /^(?:amazonaws\.com|azure\.com|railway\.app|glitch\.me|loca\.lt|gitpod\.io|app\.github\.dev|stackblitz\.io|webcontainer\.io|squarespace\.com|nip\.io|sslip\.io|xip\.io|serveo\.net|localhost\.run|lhr\.life|devtunnels\.ms|codesandbox\.io|wordpress\.com|tumblr\.com|itch\.io|itch\.zone|edgeone\.app)$/;

/** Whether anybody gets a name below this one: a registry's, such as `co.uk`, or a platform's, such as `vercel.app`. */
export function isShared(name: string): boolean {
  const host = name.toLowerCase();
  if (!/^(?:[a-z0-9-]+\.)*[a-z]{2,}$/.test(host)) return false;
  if (unlisted.test(host)) return true;
  const options = { allowPrivateDomains: true, validateHostname: false };
  // A name without an entry of its own counts as a registry's by its last label: `localhost`, `internal`.
  return host.includes(".") ? getPublicSuffix(host, options) === host : registries.test(host);
}

/** The registries that people end a comparison with. */
const registries = /^(?:com|org|net|io|dev|app|co|me|ai|xyz|info|biz|[a-z]{2})$/;

export function faultOfShared(name: string): string {
  return `anyone can register a name below ${name}`;
}
