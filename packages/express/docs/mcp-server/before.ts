import type { RequestListener, Server } from "node:http";
// #region guide
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import cors from "cors";
import express from "express";

const app = express();
app.use(cors());

app.all("/mcp", async (request, response) => {
  const mcp = new McpServer({ name: "notes", version: "1.0.0" });
  mcp.registerTool("read_notes", { description: "Reads the user's notes." }, () => ({
    content: [{ type: "text", text: "Buy milk" }],
  }));
  const transport = new StreamableHTTPServerTransport();
  response.on("close", () => void mcp.close());
  await mcp.connect(transport);
  await transport.handleRequest(request, response);
});
// #endregion

export const listener: RequestListener = app;

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
