import type { Check } from "../check.ts";
import { checkClients } from "./clients.ts";
import { checkOrigins } from "./comparisons.ts";
import { checkCorsInUpgrade } from "./cors-in-upgrade.ts";
import { checkExpressWs } from "./express-ws.ts";
import { checkFastify } from "./fastify.ts";
import { checkKoa } from "./koa.ts";
import { checkNest } from "./nest.ts";
import { checkOwners } from "./owners.ts";
import { checkProtocols } from "./protocols.ts";
import { checkSocketIo } from "./socket-io.ts";
import { checkUpgrades } from "./upgrade.ts";
import { checkUws } from "./uws.ts";
import { checkVerifiers } from "./verifiers.ts";
import { checkWebsocketNode } from "./websocket.ts";
import { checkHono } from "./hono.ts";
import { checkFetchRuntimes } from "./fetch-runtimes.ts";
import { checkCrossws } from "./crossws.ts";
import { checkSockjs } from "./sockjs.ts";
import { checkEngineIo } from "./engine-io.ts";
import { checkNextWs } from "./next-ws.ts";
import { checkMcp } from "./mcp.ts";
import { checkMisuse } from "./misuse.ts";
import { checkWs } from "./ws.ts";

/** Every check: one file a kind of server, and those of what is compared, configured and opened. */
export const checks: readonly Check[] = [
  checkWs,
  checkUpgrades,
  checkExpressWs,
  checkKoa,
  checkFastify,
  checkSocketIo,
  checkNest,
  checkWebsocketNode,
  checkUws,
  checkHono,
  checkFetchRuntimes,
  checkCrossws,
  checkSockjs,
  checkEngineIo,
  checkNextWs,
  checkMcp,
  checkMisuse,
  checkVerifiers,
  checkProtocols,
  checkOwners,
  checkCorsInUpgrade,
  checkOrigins,
  checkClients,
];
