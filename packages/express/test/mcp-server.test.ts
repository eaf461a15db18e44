import { randomUUID } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { until } from "@wsorigin/testing";
import express from "express";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { blocksOf, regionsOf, started } from "../../testing/test/guides.ts";
import { run, running } from "../../testing/test/program.ts";
import { ask, type RequestEvent } from "../../testing/test/request-guard.ts";
import * as after from "../docs/mcp-server/after.ts";
import * as before from "../docs/mcp-server/before.ts";
import { bearerHeader, createPolicy, grant, identityOf, refuse, requestGuard } from "../src/index.ts";

const page = "https://app.example.com";
const evil = "https://evil.test";

/** The SDK's own client. */
async function connect(port: number, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { ...headers } } }));
  onTestFinished(() => client.close());
  return client;
}

async function call(client: Client, name: string): Promise<unknown> {
  const { content } = await client.callTool({ name });
  return content;
}

/** A call of a tool as a page makes it; the SDK's client cannot set Host. */
function callAs(port: number, headers: Readonly<Record<string, string>>): ReturnType<typeof ask> {
  return ask(port, {
    method: "POST",
    path: "/mcp",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      Connection: "close",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "read_notes" } }),
  });
}

const notes = [{ type: "text", text: "Buy milk" }];
const rebound = { Host: "attacker.test", Origin: "http://attacker.test" };

describe("the guide to MCP servers", () => {
  async function serve(program: typeof after | typeof before): Promise<number> {
    const { port } = await started(run(program));
    return port;
  }

  // The programs write their log there.
  beforeAll(() => void vi.spyOn(process.stderr, "write").mockReturnValue(true));
  afterAll(() => void vi.restoreAllMocks());

  test("the code of the guide is the programs'", async () => {
    const file = new URL("../docs/mcp-server.md", import.meta.url);
    expect(await blocksOf(file)).toEqual(await regionsOf(file));
  });

  test.each([{ Origin: evil }, rebound, { Host: "attacker.test" }])("before: %j reads the notes", async (headers) => {
    const { status, text } = await callAs(await serve(before), headers);
    expect([status, text]).toEqual([200, expect.stringContaining("Buy milk")]);
  });

  test.each([{}, { Origin: page }])("before and after: the SDK's client reads the notes with %j", async (headers) => {
    for (const program of [before, after])
      expect(await call(await connect(await serve(program), headers), "read_notes")).toEqual(notes);
  });

  test.each([{ Origin: evil }, { Origin: "null" }, rebound, { Host: "attacker.test" }, { ...rebound, Origin: page }])(
    "after: %j is refused",
    async (headers) => {
      const { status, text } = await callAs(await serve(after), headers);
      expect([status, text]).toEqual([403, "Forbidden"]);
    },
  );

  test("after: the SDK's client is refused for a foreign page", async () => {
    await expect(connect(await serve(after), { Origin: evil })).rejects.toThrow("Forbidden");
  });

  test("after: a listed page gets its preflight answered, a foreign one does not", async () => {
    const port = await serve(after);
    const preflight = (Origin: string) =>
      ask(port, {
        method: "OPTIONS",
        path: "/mcp",
        headers: { Origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" },
      });
    const listed = await preflight(page);
    expect([listed.status, listed.headers["access-control-allow-origin"]]).toEqual([204, page]);
    const foreign = await preflight(evil);
    expect([foreign.status, foreign.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });
});

describe("an MCP server with sessions, behind a policy with tokens", () => {
  async function serve() {
    const policy = createPolicy({
      origins: [page],
      hosts: ["127.0.0.1"],
      missingOrigin: "token",
      token: {
        from: [bearerHeader()],
        verify: (token) => (token === "good" ? grant({ principal: "ann" }) : refuse("invalid")),
      },
    });
    const events: RequestEvent[] = [];
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    const servers: McpServer[] = [];
    const app = express();
    app.use("/mcp", requestGuard(policy, { log: false, onDecision: (event) => void events.push(event) }));
    app.use(express.json());
    app.all("/mcp", async (request, response) => {
      const known = sessions.get(request.get("Mcp-Session-Id") ?? "");
      if (known !== undefined) return known.handleRequest(request, response, request.body);
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void sessions.set(id, transport),
      });
      const mcp = new McpServer({ name: "notes", version: "1.0.0" });
      mcp.registerTool("whoami", {}, () => ({
        content: [{ type: "text", text: String(identityOf(request)?.principal) }],
      }));
      servers.push(mcp);
      await mcp.connect(transport);
      return transport.handleRequest(request, response, request.body);
    });
    const program = await running(app.listen(0, "127.0.0.1"));
    onTestFinished(() => program.close());
    return { port: program.port, events, servers };
  }

  const bearer = { Authorization: "Bearer good" };

  test.each([bearer, { ...bearer, Origin: page }])(
    "its client calls tools and hears its stream with %j",
    async (headers) => {
      const { port, events, servers } = await serve();
      const client = await connect(port, headers);
      expect(await call(client, "whoami")).toEqual([{ type: "text", text: "ann" }]);
      let heard = 0;
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard++);
      await until(() => events.length >= 4, "the stream is asked for");
      await until(() => {
        servers[0]?.sendToolListChanged();
        return heard > 0;
      }, "the server's notification arrives");
      expect(events.every(({ decision }) => decision.allowed)).toBe(true);
      expect(new Set(events.map(({ route }) => route))).toEqual(new Set(["/mcp"]));
    },
  );

  test.each([
    [{}, "token-missing"],
    [{ Authorization: "Bearer bad" }, "token-invalid"],
    [{ ...bearer, Origin: evil }, "origin-not-listed"],
  ] as const)("its client is refused with %j", async (headers, code) => {
    const { port, events, servers } = await serve();
    await expect(connect(port, headers)).rejects.toThrow(code.startsWith("token") ? "Unauthorized" : "Forbidden");
    expect([events.map(({ decision }) => decision.code), servers.length]).toEqual([[code], 0]);
  });
});
