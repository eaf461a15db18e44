import type { Source } from "../source.ts";
import { apacheMessages } from "./apache.ts";
import { awsMessages } from "./aws.ts";
import { browsersMessages } from "./browsers.ts";
import { bunMessages } from "./bun.ts";
import { caddyMessages } from "./caddy.ts";
import { chromeMessages } from "./chrome.ts";
import { cloudflareMessages } from "./cloudflare.ts";
import { dartMessages } from "./dart.ts";
import { denoMessages } from "./deno.ts";
import { dotnetMessages } from "./dotnet.ts";
import { firefoxMessages } from "./firefox.ts";
import { goMessages } from "./go.ts";
import { haproxyMessages } from "./haproxy.ts";
import { nextMessages } from "./next.ts";
import { nginxMessages } from "./nginx.ts";
import { nodeMessages } from "./node.ts";
import { okhttpMessages } from "./okhttp.ts";
import { pythonMessages } from "./python.ts";
import { safariMessages } from "./safari.ts";
import { serversMessages } from "./servers.ts";
import { signalrMessages } from "./signalr.ts";
import { socketIoMessages } from "./socket-io.ts";
import { systemsMessages } from "./systems.ts";
import { tungsteniteMessages } from "./tungstenite.ts";
import { undiciMessages } from "./undici.ts";
import { urlsessionMessages } from "./urlsession.ts";
import { viteMessages } from "./vite.ts";
import { wsMessages } from "./ws.ts";
import { wsoriginMessages } from "./wsorigin.ts";

/** Every text that is known, by who prints it. */
export const sources: readonly Source[] = [
  ...apacheMessages,
  ...awsMessages,
  ...browsersMessages,
  ...bunMessages,
  ...caddyMessages,
  ...chromeMessages,
  ...cloudflareMessages,
  ...dartMessages,
  ...denoMessages,
  ...dotnetMessages,
  ...firefoxMessages,
  ...goMessages,
  ...haproxyMessages,
  ...nextMessages,
  ...nginxMessages,
  ...nodeMessages,
  ...okhttpMessages,
  ...pythonMessages,
  ...safariMessages,
  ...serversMessages,
  ...signalrMessages,
  ...socketIoMessages,
  ...systemsMessages,
  ...tungsteniteMessages,
  ...undiciMessages,
  ...urlsessionMessages,
  ...viteMessages,
  ...wsMessages,
  ...wsoriginMessages,
];
