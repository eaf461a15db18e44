// Starts the API on :3000 and its page on :5173.
import { once } from "node:events";
import { createServer, runnerImport } from "vite";

process.env.NODE_ENV ??= "development";
const root = import.meta.dirname;
const { module: api } = await runnerImport(`${root}/after.ts`, { configFile: false });
const server = api.listen(Number(process.env.PORT ?? 3000), process.env.LAN_ORIGINS ? "0.0.0.0" : "localhost");
await once(server, "listening");
process.env.VITE_API_PORT = String(server.address().port);

const port = Number(process.env.PAGE_PORT ?? 5173);
const vite = await createServer({ root, configFile: `${root}/vite.config.mjs`, server: { port } });
await vite.listen();
vite.printUrls();
