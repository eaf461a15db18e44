import { apacheRows } from "./apache.ts";
import { caddyRows } from "./caddy.ts";
import { envoyRows } from "./envoy.ts";
import { haproxyRows } from "./haproxy.ts";
import { kubernetesRows } from "./kubernetes.ts";
import { nginxRows } from "./nginx.ts";
import type { Row } from "./row.ts";
import { traefikRows } from "./traefik.ts";

export type { Row } from "./row.ts";

export const rows: readonly Row[] = [
  ...nginxRows,
  ...apacheRows,
  ...haproxyRows,
  ...caddyRows,
  ...kubernetesRows,
  ...traefikRows,
  ...envoyRows,
];
