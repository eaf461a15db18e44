import { createServer, type Server } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { knock, startChat, ticketFor, visit } from "./support.ts";
import type { Attach } from "../src/start.ts";

/** The servers, the pages, and what is printed. */
export function describeServer(attach: Attach): void {
  test("every decision is a line, without tickets, cookies and query strings", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const ticket = await ticketFor(running, cookie);
    const answer = await knock(running, cookie, { path: `/chat/lobby?ticket=${ticket}` });
    answer.frames?.destroy();
    await knock(running, cookie, { path: "/chat/lobby?ticket=secret", origin: "https://evil.test" });
    await knock(running, cookie, { path: "/chat/lobby?ticket=secret", origin: "https://evil.test" });

    const [allowed, refused, explained, again] = running.lines;
    expect(running.lines).toHaveLength(4);
    expect(allowed).toMatch(
      /^\d\d:\d\d:\d\d {2}allowed {2}origin-listed +"http:\/\/localhost:\d+" +\/chat\/:room {2}\d+\.\d ms$/,
    );
    expect(refused).toMatch(
      /^\d\d:\d\d:\d\d {2}refused {2}origin-not-listed +"https:\/\/evil\.test" +\/chat\/:room {2}\d+\.\d ms$/,
    );
    expect(explained).toContain("fix:");
    expect(again).toMatch(/refused {2}origin-not-listed/);
    expect(running.lines.join("\n")).not.toMatch(/secret|chat_session/);
    expect(running.lines.join("\n")).not.toContain(ticket);
  });

  test("an Origin cannot forge a line or move the cursor", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    await knock(running, cookie, { origin: "https://evil.test\u009b2J\u0085" });
    expect(running.lines[0]).toContain(String.raw`"https://evil.test\u009b2J\u0085"`);
    expect(running.lines.join("\n")).toMatch(/^[\n\x20-\x7e]+$/);
  });

  test("without the guard a line says that nobody was asked", async () => {
    const running = await startChat(attach, { unguarded: true });
    const { cookie } = await visit(running);
    const answer = await knock(running, cookie, { origin: running.hostileUrl });
    answer.frames?.destroy();
    expect(answer.status).toBe(101);
    expect(running.lines).toEqual([
      expect.stringMatching(/let in {3}nobody-asked +"http:\/\/localhost:\d+" +\/chat\/:room$/),
    ]);
  });

  test("a port that is taken is left alone, with a word", async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "localhost", () => resolve(portOf(other)));
    });
    onTestFinished(() => void other.close());
    const running = await startChat(attach, { ports: { chat: port, hostile: 0 } });
    expect(running.address.port).not.toBe(port);
    expect(running.lines).toEqual([`Port ${port} is taken; ${running.address.port} is used instead.`]);
  });

  test("both servers are for this machine only", async () => {
    const running = await startChat(attach);
    expect(["127.0.0.1", "::1"]).toContain(running.address.address);
  });

  test("the pages allow no inline script, no frame, and no connection but the chat's", async () => {
    const running = await startChat(attach);
    for (const url of [running.chatUrl, running.hostileUrl]) {
      const policy = (await fetch(url)).headers.get("content-security-policy");
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain(running.chatUrl.replace("http:", "ws:"));
      expect(policy).not.toContain("unsafe");
    }
  });

  test("every file that a page names is there", async () => {
    const running = await startChat(attach);
    for (const url of [running.chatUrl, running.hostileUrl]) {
      const html = await (await fetch(url)).text();
      const names = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, name]) => name);
      expect(names.length).toBeGreaterThan(3);
      for (const name of names) expect((await fetch(new URL(name ?? "", url))).status).toBe(200);
    }
  });

  test("the hostile page names the chat it attacks, and is not served by the chat", async () => {
    const running = await startChat(attach);
    const html = await (await fetch(running.hostileUrl)).text();
    expect(html).toContain(`data-chat="${running.chatUrl}"`);
    expect(html).not.toContain("{{");
    expect((await fetch(`${running.chatUrl}/hostile.js`)).status).toBe(404);
    expect((await fetch(running.hostileUrl, { method: "POST" })).status).toBe(404);
  });

  test("a request that cannot be understood is answered without a stack trace", async () => {
    const running = await startChat(attach);
    const { cookie } = await visit(running);
    const response = await fetch(`${running.chatUrl}/api/messages`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: "{",
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('{"problem":"not-understood"}');
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
