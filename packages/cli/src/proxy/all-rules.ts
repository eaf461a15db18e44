import type { Rule } from "../finding.ts";
import { apacheRules } from "./apache/rules.ts";
import { caddyRules } from "./caddy/rules.ts";
import { envoyRules } from "./envoy/rules.ts";
import { haproxyRules } from "./haproxy/rules.ts";
import { kubernetesRules } from "./kubernetes/rules.ts";
import { nginxRules } from "./nginx/rules.ts";
import { commonRules } from "./rules.ts";
import { traefikRules } from "./traefik/rules.ts";

/** Everything that `wsorigin proxy --check` can find. */
export const proxyRules: readonly Rule[] = [
  ...Object.values(nginxRules),
  ...Object.values(commonRules),
  ...Object.values(apacheRules),
  ...Object.values(haproxyRules),
  ...Object.values(caddyRules),
  ...Object.values(kubernetesRules),
  ...Object.values(traefikRules),
  ...Object.values(envoyRules),
];
