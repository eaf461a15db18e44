import { type Source, source } from "../source.ts";

export const cloudflareMessages: readonly Source[] = [
  source("Cloudflare", {
    "cloudflare-code": [
      "attention required! | cloudflare",
      "sorry, you have been blocked",
      "you are being rate limited",
      "cf-mitigated: challenge",
      "argo tunnel error",
    ],
    "status-cloudflare": [
      "web server is returning an unknown error",
      "web server is down",
      "origin is unreachable",
      "a timeout occurred",
      "invalid ssl certificate | cloudflare",
    ],
  }),
];
