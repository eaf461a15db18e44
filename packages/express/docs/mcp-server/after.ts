import type { RequestListener, Server } from "node:http";
// #region guide
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { corsOptions, createPolicy, requestGuard } from "@wsorigin/express";
import cors from "cors";
import express from "express";

const policy = createPolicy({
  origins: ["https://app.example.com"],
  hosts: ["localhost", "127.0.0.1", "[::1]"],
  missingOrigin: "allow",
});
const app = express();
app.use("/mcp", requestGuard(policy), cors(corsOptions(policy)));

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
