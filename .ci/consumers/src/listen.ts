import type { Server } from "node:http";
import type { Running } from "./app.js";

export async function listen(server: Server, close: () => Promise<void>): Promise<Running> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      await close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
