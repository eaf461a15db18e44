import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { circumstancesOf } from "../src/check/decision.ts";
import {
  cookie,
  createPolicy,
  type Deny,
  deny,
  denyCodes,
  explain,
  type Handshake,
  type Policy,
  type PolicyOptions,
  queryParam,
  quote,
  refuse,
} from "../src/index.ts";

const site = { origins: ["https://app.example"] } satisfies PolicyOptions;

function from(origin: string | undefined, host = "api.app.example"): Handshake {
  return { headers: { host, origin } };
}

function explained(options: PolicyOptions, handshake: Handshake): string {
  return explain(createPolicy(options).check(handshake));
}

/** The last line alone: how to fix it. */
function fix(options: PolicyOptions, origin: string): string {
  return explained(options, from(origin)).replace(/^.*\n {2}fix: {6}/s, "");
}

describe("by code", () => {
  test("every refusal says what came, what was expected and how to fix it", () => {
    const text = denyCodes.map((code) => explain(deny(code, "https://evil.test"))).join("\n\n");
    expect(text).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: handshake-malformed (400)
        came:     an upgrade request that is not a valid WebSocket handshake
        expected: GET over HTTP/1.1 with Upgrade: websocket, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key of 16 bytes (RFC 6455 section 4.1)
        fix:      If a proxy is in front, configure it to speak HTTP/1.1 to this server (nginx: proxy_http_version 1.1) and to pass the Sec-WebSocket headers through.

      Refused a WebSocket handshake: host-malformed (400)
        came:     no Host header
        expected: host[:port], and nothing else
        fix:      Browsers do not send this. If a proxy writes Host, configure it to forward the client's own.

      Refused a WebSocket handshake: host-missing (400)
        came:     no Host header
        expected: exactly one (RFC 9112 section 3.2)
        fix:      Browsers always send Host. If the client or proxy is yours, make it send Host.

      Refused a WebSocket handshake: host-repeated (400)
        came:     more than one Host line
        expected: exactly one (RFC 9112 section 3.2)
        fix:      A proxy adds a Host of its own, or a client tries to hide one value behind another. Configure the proxy to replace Host instead of adding to it.

      Refused a WebSocket handshake: origin-malformed (400)
        came:     Origin "https://evil.test"
        expected: one serialised origin, byte for byte as browsers write it: an Origin that the policy allows
        fix:      Browsers do not send this. If the client is yours, send scheme://host[:port] in lower case, without a default port or a path.

      Refused a WebSocket handshake: origin-repeated (400)
        came:     more than one Origin line: "https://evil.test"
        expected: exactly one; browsers never send two (RFC 6454 section 7.3)
        fix:      A proxy adds an Origin of its own, or a client tries to hide one value behind another. Configure the proxy to pass Origin through unchanged.

      Refused a WebSocket handshake: token-ambiguous (400)
        came:     more than one token
        expected: exactly one
        fix:      Send the token in one place only.

      Refused a WebSocket handshake: token-expired (401)
        came:     a token that has expired
        expected: a token that the policy's verify() grants
        fix:      Fetch a new token before each connection. If new ones fail too, compare the clocks.

      Refused a WebSocket handshake: token-invalid (401)
        came:     a token that is not valid
        expected: a token that the policy's verify() grants
        fix:      Log in again for a new token. If all tokens fail, compare the keys, issuer and audience of both sides.

      Refused a WebSocket handshake: token-malformed (401)
        came:     something that cannot be a token
        expected: a token that the policy's verify() grants
        fix:      Send the token exactly as it was issued.

      Refused a WebSocket handshake: token-missing (401)
        came:     no token
        expected: a token that the policy's verify() grants
        fix:      Send the token in one of the places that the policy's \`from\` lists.

      Refused a WebSocket handshake: token-revoked (401)
        came:     a token that was revoked
        expected: a token that the policy's verify() grants
        fix:      Nothing needs fixing: the session was ended. The user has to log in again.

      Refused a WebSocket handshake: host-not-listed (403)
        came:     no Host header
        expected: one of the policy's hosts
        fix:      If this server answers to that name, add it to \`hosts\`. If a proxy replaces Host with the upstream's (nginx does by default), forward the client's, with the port: proxy_set_header Host $http_host. Otherwise nothing needs fixing: DNS rebinding looks like this.

      Refused a WebSocket handshake: middleware-refused (403)
        came:     a handshake that a middleware of \`before\` answered by itself
        expected: a middleware that calls next()
        fix:      Nothing needs fixing if it meant to refuse. If not, remove it from \`before\`: middleware that answers requests does not belong on a handshake.

      Refused a WebSocket handshake: origin-cross-site (403)
        came:     Origin "https://evil.test", equal to the Host of the request, but with Sec-Fetch-Site: cross-site
        expected: a page of the same origin
        fix:      An http: page of this host, or a redirect through another site, opened the socket. Serve every page over https, or add the page's origin to \`origins\`.

      Refused a WebSocket handshake: origin-missing (403)
        came:     no Origin header. Browsers always send one with a handshake: this was another program, a health check, a proxy that drops the header, or a browser's ordinary GET
        expected: an Origin that the policy allows
        fix:      To allow such programs, set missingOrigin: "token" and require a token from them; to try one by hand, let it send an Origin that is allowed (wscat -o, curl -H, a header in Postman). If a browser sent a handshake, stop the proxy from removing Origin. An ordinary GET of the server's own pages needs \`hosts\`; one from another site needs no fix.

      Refused a WebSocket handshake: origin-not-listed (403)
        came:     Origin "https://evil.test"
        expected: an Origin that the policy allows
        fix:      If this page is yours, add "https://evil.test" to \`origins\`. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies.

      Refused a WebSocket handshake: origin-opaque (403)
        came:     Origin "null": a sandboxed frame, a data: or file: page, or Chromium after HSTS turned ws: into wss:
        expected: an Origin that the policy allows
        fix:      Open the socket with wss: from a page with an origin of its own (sandbox="allow-same-origin"). Any site can send "null": opaqueOrigin: "dangerously-allow" allows every page.

      Refused a WebSocket handshake: token-forbidden (403)
        came:     a valid token of a principal that is not permitted
        expected: a principal with the permission
        fix:      Grant the permission, or nothing needs fixing.

      Refused a WebSocket handshake: token-origin-mismatch (403)
        came:     Origin "https://evil.test" with a token that was issued to another origin
        expected: a token issued to this origin
        fix:      Fetch a token for each page. If the clients do, a stolen token was used.

      Refused a WebSocket handshake: route-not-found (404)
        came:     an upgrade request on a path without a route or listener
        expected: the path of a route, or of another \`upgrade\` listener
        fix:      Compare the client's URL with the paths given to gate.route(); a proxy may have removed or added a prefix.

      Refused a WebSocket handshake: upgrade-stripped (426)
        came:     a plain GET with Sec-WebSocket-Key, on the path of a socket
        expected: the same with Upgrade: websocket and Connection: Upgrade
        fix:      A proxy in front of this server removed the two headers, which are hop-by-hop, and must set them again. nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; Apache: ProxyPass with upgrade=websocket.

      Refused a WebSocket handshake: version-unsupported (426)
        came:     another Sec-WebSocket-Version
        expected: 13 (RFC 6455)
        fix:      Update the client. Scanners send other versions on purpose; then nothing needs fixing.

      Refused a WebSocket handshake: too-many-connections (429)
        came:     one more socket
        expected: fewer than maxConnections or maxConnectionsPerIp
        fix:      Raise the limit, or find the client that opens sockets and does not close them.

      Refused a WebSocket handshake: too-many-failures (429)
        came:     one more handshake from an address that was refused too often
        expected: fewer failures than maxFailures allows
        fix:      Nothing needs fixing if it is an attack. If many users share the address, it is a proxy's: make the server trust the proxy, so that the users' own addresses count.

      Gave up a WebSocket handshake: client-gone
        came:     a client that disconnected before it was answered
        expected: a client that waits for the answer
        fix:      Nothing needs fixing if it is rare. Find what makes decisions slow: the directory, a middleware of \`before\`, or verify().

      Refused a WebSocket handshake: protocol-unsupported (501)
        came:     an extended CONNECT (RFC 8441) that nothing on this server can serve
        expected: :protocol websocket, on the path of a route
        fix:      Add a route for the path; or leave enableConnectProtocol off, and browsers use HTTP/1.1 for their sockets.

      Refused a WebSocket handshake: directory-failed (503)
        came:     Origin "https://evil.test", which is not in \`origins\`, so the directory was asked
        expected: directory.has() to return true or false in time
        fix:      Repair the directory. Until then, origins that only the directory knows are refused.

      Refused a WebSocket handshake: draining (503)
        came:     a handshake during shutdown
        expected: a server that is accepting connections
        fix:      Nothing needs fixing: the client can connect to another process.

      Refused a WebSocket handshake: middleware-failed (503)
        came:     a handshake in which a middleware of \`before\` failed
        expected: a middleware that calls next() without an error
        fix:      Repair the middleware, or what it depends on.

      Refused a WebSocket handshake: timed-out (503)
        came:     a handshake that could not be decided in time
        expected: a decision within the deadline
        fix:      Find what makes decisions slow: the directory, a middleware of \`before\`, or verify().

      Refused a WebSocket handshake: too-many-pending (503)
        came:     one more handshake while too many wait for a decision
        expected: fewer than maxPending
        fix:      Find what makes decisions slow: the directory, a middleware of \`before\`, or verify(). Or raise the limit.

      Refused a WebSocket handshake: verifier-failed (503)
        came:     a token, which could not be verified
        expected: verify() to return grant() or refuse() in time
        fix:      Repair verify(), or what it depends on. It must return grant({ principal }) or refuse("invalid"). Until then, these tokens are refused."
    `);
  });

  test("every refusal has its code and status in the first line, and four lines", () => {
    for (const code of denyCodes) {
      const { status } = deny(code);
      const lines = explain(deny(code)).split("\n");
      const sent =
        code === "client-gone"
          ? "Gave up a WebSocket handshake: client-gone"
          : `Refused a WebSocket handshake: ${code} (${status})`;
      expect(lines[0]).toBe(sent);
      expect(lines.slice(1).map((line) => line.slice(0, 12))).toStrictEqual([
        "  came:     ",
        "  expected: ",
        "  fix:      ",
      ]);
      expect(lines.every((line) => line.length > 13)).toBe(true);
    }
  });

  test("a refusal without an origin says so", () => {
    expect(explain(deny("origin-not-listed"))).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: origin-not-listed (403)
        came:     no Origin header
        expected: an Origin that the policy allows
        fix:      If this page is yours, add "" to \`origins\`. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies."
    `);
    expect(explain(deny("origin-repeated"))).toContain('more than one Origin line: ""');
  });

  test("grants are one line", () => {
    const options = { ...site, hosts: ["api.app.example"], sameHost: true, missingOrigin: "allow" } as const;
    const lines = ["https://app.example", "http://api.app.example", undefined].map((origin) =>
      explained(options, from(origin)),
    );
    expect(lines.join("\n")).toMatchInlineSnapshot(`
      "Allowed a WebSocket handshake from "https://app.example" by the entry "https://app.example" (origin-listed).
      Allowed a WebSocket handshake from "http://api.app.example" (origin-same-host).
      Allowed a WebSocket handshake from a client without an Origin (origin-absent)."
    `);
  });

  test("circumstances of one's own are told", () => {
    const refusal = deny("host-malformed", "https://app.example", {
      host: "evil test",
      note: "The proxy sent it twice.",
    });
    expect(explain(refusal)).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: host-malformed (400)
        came:     Host "evil test"
        expected: host[:port], and nothing else
        detail:   The proxy sent it twice.
        fix:      Browsers do not send this. If a proxy writes Host, configure it to forward the client's own."
    `);
  });
});

describe("by policy", () => {
  const options = {
    origins: ["https://app.example", "https://**.app.example", "http://localhost:*"],
    hosts: ["api.app.example", "*.app.example:8443"],
  };

  test.each<[string, Handshake]>([
    ["origin-not-listed", from("https://evil.test")],
    ["origin-missing", from(undefined)],
    ["origin-opaque", from("null")],
    ["origin-malformed", from("https://evil.test/")],
  ])("%s names the entries", (code, handshake) => {
    const text = explained(options, handshake);
    expect(text).toContain(code);
    expect(text).toContain('one of "https://app.example", "https://**.app.example", "http://localhost:*"\n');
  });

  test("host-not-listed names the hosts", () => {
    expect(explained(options, from("https://app.example", "evil.test"))).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: host-not-listed (403)
        came:     Host "evil.test"
        expected: one of "api.app.example", "*.app.example:8443"
        fix:      If this server answers to that name, add it to \`hosts\`. If a proxy replaces Host with the upstream's (nginx does by default), forward the client's, with the port: proxy_set_header Host $http_host. Otherwise nothing needs fixing: DNS rebinding looks like this."
    `);
  });

  test("a Host problem and an Origin problem of one handshake are told together", () => {
    // As with DNS rebinding: equal, and still not the address of this server.
    expect(explained(options, from("https://evil.test", "evil.test"))).not.toContain("sameHost");
    expect(explained(options, from("https://other.test", "evil.test"))).toMatch(
      /host-not-listed \(403\)\n.*\n.*\n.*\n {2}then: {5}Origin "https:\/\/other\.test" \(origin-not-listed\)\n {2}fix: {6}If this page is yours, add/,
    );
    const then = (options: PolicyOptions, origin: string | undefined) =>
      /then: .*\((.*)\)/.exec(explained({ ...options, hosts: ["api.app.example"] }, from(origin, "evil.test")))?.[1];
    expect(then(options, undefined)).toBe("origin-missing");
    expect(then(options, "null")).toBe("origin-opaque");
    expect(then(options, "https://evil.test/")).toBe("origin-malformed");
    expect(then(options, "https://app.example")).toBeUndefined();
    expect(then({ ...options, missingOrigin: "allow" }, undefined)).toBeUndefined();
    expect(then({ ...options, opaqueOrigin: "dangerously-allow" }, "file://")).toBeUndefined();
    expect(then({ ...options, sameHost: true }, "https://evil.test")).toBeUndefined();
    expect(then({ ...options, directory: new Set() }, "https://evil.test")).toBeUndefined();
    // The directory is not asked about plain http.
    expect(then({ ...options, directory: new Set() }, "http://192.168.1.5:5173")).toBe("origin-not-listed");
  });

  test("host-missing and host-malformed need none", () => {
    expect(explained(options, { headers: {} })).toContain("came:     no Host header");
    expect(explained(site, from("https://app.example", "evil test"))).toContain('came:     Host "evil test"');
  });

  test("a list is cut to five", () => {
    const origins = ["a", "b", "c", "d", "e"].map((name) => `https://${name}.example`);
    expect(explained({ origins }, from("https://evil.test"))).toContain('"https://d.example", "https://e.example"\n');
    const more = [...origins, "https://*.app.example", "https://g.example"];
    expect(explained({ origins: more }, from("https://evil.test"))).toContain(
      'one of "https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example" and 2 more\n',
    );
    const hosts = ["a", "b", "c", "d", "e", "*.app.example"];
    expect(explained({ origins, hosts }, from("https://a.example", "evil.test"))).toContain(
      '"a", "b", "c", "d", "e" and 1 more\n',
    );
  });

  test("both stars over one base are two entries", () => {
    const origins = ["https://*.app.example", "https://**.app.example", "http://*.localhost"];
    expect(explained({ origins }, from("https://evil.test"))).toContain(
      'one of "https://*.app.example", "https://**.app.example", "http://*.localhost"\n',
    );
    const hosts = ["*.app.example", "**.app.example"];
    expect(explained({ origins, hosts }, from("https://evil.test", "evil.test"))).toContain(
      'one of "*.app.example", "**.app.example"\n',
    );
  });

  test("every source of origins is named", () => {
    const hosts = ["api.app.example"];
    const directory = new Set<string>();
    const expected = (options: PolicyOptions) =>
      /expected: (.*)/.exec(explained(options, from("https://evil.test")))?.[1];
    expect(expected({ origins: [] })).toBe("no Origin at all: `origins` is empty");
    expect(expected({ hosts, sameHost: true })).toBe("an Origin that matches the request's Host (sameHost)");
    expect(expected({ origins: [], directory })).toBe("an Origin that the directory knows");
    expect(expected({ ...site, hosts, sameHost: true, directory })).toBe(
      'one of "https://app.example", or an Origin that matches the request\'s Host (sameHost), or an Origin that the directory knows',
    );
  });

  test("no Host is listed by an empty list", () => {
    expect(explained({ ...site, hosts: [] }, from("https://app.example"))).toContain(
      "no Host at all: `hosts` is empty\n",
    );
  });
});

describe("near misses", () => {
  const https = ["https://app.example", "https://app.example:8443", "https://*.sub.example", "http://localhost:3000"];

  test.each<[string, PolicyOptions, string, string]>([
    ["nothing near", site, "https://evil.test", 'If this page is yours, add "https://evil.test" to `origins`.'],
    ["a trailing slash", site, "https://app.example/", 'It looks like "https://app.example", which is listed'],
    ["upper case", site, "HTTPS://APP.example", 'It looks like "https://app.example", which is listed'],
    ["a default port", site, "https://app.example:443", 'It looks like "https://app.example", which is listed'],
    [
      "a path that is cut",
      site,
      `https://app.example/${"x".repeat(600)}`,
      'It looks like "https://app.example", which is listed',
    ],
    ["malformed, and not near", site, "https://evil.test/", "Browsers do not send this."],
    ["malformed, and no URL", site, "https://[", "Browsers do not send this."],
    [
      "a custom scheme with a path",
      { origins: ["capacitor://localhost"] },
      "capacitor://localhost/",
      "Browsers do not send this.",
    ],
    [
      "http for https",
      site,
      "http://app.example",
      'The same host is listed with "https:"; the scheme is part of an origin. Plain http is refused',
    ],
    ["http for https, with a port", { origins: https }, "http://app.example:8443", 'is listed with "https:"'],
    [
      "https for http",
      { origins: https },
      "https://localhost:3000",
      'listed with "http:"; the scheme is part of an origin.',
    ],
    [
      "a port too many",
      site,
      "https://app.example:8443",
      "The same host is listed without a port; the port is part of an origin.",
    ],
    [
      "a port too few",
      { origins: ["https://app.example:8443"] },
      "https://app.example",
      'listed as "https://app.example:8443"; the port',
    ],
    [
      "another port",
      { origins: ["https://app.example:8443"] },
      "https://app.example:1",
      'listed as "https://app.example:8443"; the port',
    ],
    [
      "the apex",
      { origins: https },
      "https://sub.example",
      'covers the names below "sub.example", not the name itself. To allow it too, add "https://sub.example" to `origins`.',
    ],
    [
      "the apex, with a port",
      { origins: ["https://*.app.example:1"] },
      "https://app.example:1",
      'add "https://app.example:1" to `origins`.',
    ],
    [
      "a label too many",
      { origins: https },
      "https://a.b.sub.example",
      '"https://*.sub.example" covers exactly one more label. For any number, add "https://**.sub.example" to `origins`.',
    ],
    [
      "labels too many",
      { origins: https },
      "https://a.b.c.d.sub.example",
      'For any number, add "https://**.sub.example" to `origins`.',
    ],
    [
      "a label too many, with a port",
      { origins: ["https://*.app.example:1"] },
      "https://a.b.app.example:1",
      'add "https://**.app.example:1" to `origins`.',
    ],
    ["an address", { origins: https }, "https://1.2.3.4", "If this page is yours"],
    ["a custom scheme", { origins: https }, "capacitor://localhost", "If this page is yours"],
    [
      "sameHost",
      { sameHost: true, hosts: ["api.app.example"] },
      "https://app.example",
      'It does not match the request\'s Host, "api.app.example". If a proxy rewrites Host',
    ],
    [
      "sameHost, behind a proxy that ends TLS",
      { sameHost: true, hosts: ["api.app.example"] },
      "https://api.app.example",
      "the request arrived over plain http: a proxy in front ends TLS, and this server does not trust it.",
    ],
    [
      "sameHost, another port",
      { sameHost: true, hosts: ["api.app.example"] },
      "https://api.app.example:8443",
      "Only the port differs from the request's Host",
    ],
    [
      "the server's own address",
      site,
      "https://api.app.example",
      'React Native apps send it: set sameHost: true and hosts: ["api.app.example"], or add "https://api.app.example" to `origins`. If it is not, nothing needs fixing: DNS rebinding',
    ],
    [
      "the server's own address, of which the Host is listed",
      { ...site, hosts: ["api.app.example"] },
      "https://api.app.example",
      'To allow it, set sameHost: true, or add "https://api.app.example" to `origins`.',
    ],
    [
      "the server's own address, beside an entry of another port",
      { origins: ["http://localhost:5173"], hosts: ["api.app.example"] },
      "http://localhost:6006",
      "If a page of this port is yours too",
    ],
    [
      "plain http",
      site,
      "http://192.168.1.5:5173",
      'add "http://192.168.1.5:5173" to `origins` and to dangerouslyAllowInsecureOrigins, because it is plain http',
    ],
    [
      "another port, which may be another app of the same developer",
      { origins: ["http://localhost:5173"] },
      "http://localhost:6006",
      'listed as "http://localhost:5173"; the port is part of an origin. If a page of this port is yours too, add "http://localhost:6006" to `origins`.',
    ],
    [
      "another name of this machine",
      { origins: ["http://localhost:5173"] },
      "http://127.0.0.1:5173",
      '"http://localhost:5173" is listed, which is the same machine under another name; the name is part of an origin. Open the page there, or add "http://127.0.0.1:5173" to `origins`.',
    ],
    [
      "another name of this machine, any port",
      { origins: ["http://127.0.0.1:*"] },
      "http://[::1]:5173",
      '"http://127.0.0.1:5173" is listed',
    ],
    [
      "a name beside this machine's",
      { origins: ["http://localhost:5173"] },
      "https://app.example:5173",
      "If this page",
    ],
    [
      "an extension whose id is random",
      site,
      "moz-extension://0f6b0f6e-1c5c-4b43-9a0c-0f6b0f6e1c5c",
      'If this page is yours, decide with directory: { has: (origin) => origin.startsWith("moz-extension://") }, because the id is random',
    ],
    ["a webview whose id is random", site, "vscode-webview://0f6b0f6e", 'origin.startsWith("vscode-webview://")'],
    [
      "an extension whose id is fixed",
      site,
      "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
      'add "chrome-extension://abcdefghijklmnopabcdefghijklmnop" to `origins`.',
    ],
    [
      "a preview deployment",
      site,
      "https://my-app-git-x-team.vercel.app",
      'add "https://my-app-git-x-team.vercel.app" to `origins`, or decide with a `directory` if each deployment has a name of its own.',
    ],
    ["an address of a socket", site, "wss://app.example", "decide with a `directory`, because it cannot be an entry"],
    ["file:", site, "file://", "Serve the page from a scheme of its own"],
  ])("%s", (_name, options, origin, hint) => {
    expect(fix(options, origin)).toContain(hint);
  });

  test.each<[string, PolicyOptions, string]>([
    [
      "a listed deeper name is no wildcard",
      { origins: ["https://x.app.example", "https://xapp.example"] },
      "https://a.b.app.example",
    ],
    ["another port is no depth", { origins: ["https://*.app.example:1"] }, "https://a.b.app.example"],
    ["another name is no depth", { origins: ["https://*.app.example"] }, "https://a.b.evil.test"],
    ["a suffix of a label is no depth", { origins: ["https://*.app.example"] }, "https://a.evilapp.example"],
  ])("%s", (_name, options, origin) => {
    expect(fix(options, origin)).toContain("If this page is yours");
  });

  test("the server's own address is told before an entry of another port: React Native sends it", () => {
    const own = from("http://localhost:3000", "localhost:3000");
    const near = { origins: ["http://localhost:5173"] };
    expect(explained({ ...near, hosts: ["localhost"] }, own)).toContain(
      'React Native apps send. To allow it, set sameHost: true, or add "http://localhost:3000" to `origins`.',
    );
    expect(explained(near, own)).toContain('set sameHost: true and hosts: ["localhost"]');
    expect(explained(near, from("http://localhost:3000", "localhost:3001"))).toContain("If a page of this port");
  });

  test("a missing Origin: the program is told to send one that the policy allows", () => {
    const by = (options: PolicyOptions): string => explained(options, from(undefined));
    expect(by({ origins: ["http://localhost:*", "http://localhost:5173"] })).toContain(
      'let it send an Origin that is allowed (wscat -o http://localhost:5173, curl -H "Origin: http://localhost:5173", the same header in Postman)',
    );
    expect(by({ origins: ["http://localhost:*"] })).toContain("allowed (wscat -o, curl -H, a header in Postman)");
  });

  test("https for http does not speak of risk", () => {
    expect(fix({ origins: ["http://localhost:3000"] }, "https://localhost:3000")).not.toContain("Plain http");
  });

  test("a near miss of a port is looked for among the first thousand entries", () => {
    const others = Array.from({ length: 999 }, (_, index) => `https://app${index}.example`);
    const origins = [...others, "https://app.example:8443", "https://b.example:8443"];
    expect(fix({ origins }, "https://app.example")).toContain('listed as "https://app.example:8443"');
    expect(fix({ origins }, "https://b.example")).toContain("If this page is yours");
  });

  test("a whole text", () => {
    expect(explained(site, from("http://app.example"))).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: origin-not-listed (403)
        came:     Origin "http://app.example"
        expected: one of "https://app.example"
        fix:      The same host is listed with "https:"; the scheme is part of an origin. Plain http is refused for good reason: serve the page over https."
    `);
  });
});

describe("what a fix tells to write", () => {
  const names = fc.constantFrom(
    "app.example",
    "a.app.example",
    "a.b.app.example",
    "lan",
    "192.168.1.5",
    "[::2]",
    "x_y.test",
    "xn--a.test",
    "github.io",
    "preview.vercel.app",
    "localhost",
    "127.0.0.1",
  );
  const ports = fc.constantFrom("", ":8443", ":3000");
  const origins = fc
    .tuple(fc.constantFrom("https", "http", "capacitor", "moz-extension"), names, ports)
    .map(([scheme, ...rest]) => `${scheme}://${rest.join("")}`);
  const stars = fc.constantFrom("", "*.", "**.");
  const entries = fc
    .tuple(fc.constantFrom("https", "http"), stars, names, ports)
    .map(([scheme, ...rest]) => `${scheme}://${rest.join("")}`);

  /** The options after the change that the fix proposes; `undefined` if it proposes none. */
  function follow(options: PolicyOptions, text: string): readonly PolicyOptions[] {
    const added = /add ("[^"]*") to `origins`( and to dangerouslyAllowInsecureOrigins)?/.exec(text);
    const entry: unknown = added?.[1] === undefined ? undefined : JSON.parse(added[1]);
    const scheme = /decide with directory: \{ has: \(origin\) => origin\.startsWith\(("[^"]*")\) \}/.exec(text)?.[1];
    const prefix: unknown = scheme === undefined ? undefined : JSON.parse(scheme);
    const sameHost = /set sameHost: true(?: and hosts: \[("[^"]*")\])?/.exec(text);
    const host: unknown = sameHost?.[1] === undefined ? undefined : JSON.parse(sameHost[1]);
    const { origins: listed = [], dangerouslyAllowInsecureOrigins: insecure } = options;
    return [
      ...(typeof entry === "string"
        ? [
            {
              ...options,
              origins: [...listed, entry],
              ...(added?.[2] !== undefined && {
                dangerouslyAllowInsecureOrigins: [...(Array.isArray(insecure) ? insecure : []), entry],
              }),
            },
          ]
        : []),
      ...(typeof prefix === "string"
        ? [{ ...options, directory: { has: (origin: string) => origin.startsWith(prefix) } }]
        : []),
      ...(sameHost === null
        ? []
        : [{ ...options, sameHost: true, ...(typeof host === "string" && { hosts: [host] }) }]),
    ];
  }

  test("is accepted, and allows the handshake", () => {
    let followed = 0;
    const compiled = (options: PolicyOptions): Policy | undefined => {
      try {
        return createPolicy(options);
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(
        entries,
        origins,
        fc.tuple(names, ports),
        fc.boolean(),
        fc.boolean(),
        (entry, origin, host, sameHost, secure) => {
          const handshake = { headers: { host: host.join(""), origin }, secure };
          const insecure = entry.startsWith("http:") ? [entry] : undefined;
          const options = {
            origins: [entry],
            ...(insecure && { dangerouslyAllowInsecureOrigins: insecure }),
            ...(sameHost && { sameHost, hosts: [host.join("")] }),
          };
          const decision = compiled(options)?.check(handshake);
          if (decision?.allowed !== false || decision.code !== "origin-not-listed") return;
          for (const changed of follow(options, explain(decision))) {
            followed++;
            const again = createPolicy(changed).evaluate({ ...handshake, secure: origin.startsWith("https:") });
            expect(again).toMatchObject({ allowed: true, origin });
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(followed).toBeGreaterThan(500);
  });
});

describe("hostile text", () => {
  const attacks = [
    "a\nfix: none",
    "\u001b[2J\u001b[31m",
    "\u0000\u0007\b\u007f\u009b",
    "\u202eevil",
    "b\u00fccher",
    "\ud800",
    "\u2028",
    '"quoted"\\',
    "a".repeat(2000),
  ];

  test("a client's text is quoted, escaped and cut, on every line", () => {
    const policies = [createPolicy(site), createPolicy({ ...site, hosts: ["api.app.example"] })];
    for (const attack of attacks) {
      for (const headers of [
        { host: "api.app.example", origin: attack },
        { host: attack, origin: "https://app.example" },
        { host: "api.app.example", origin: [attack, attack] },
        { host: [attack, attack], origin: attack },
      ]) {
        for (const policy of policies) {
          const lines = explain(policy.check({ headers })).split("\n");
          expect(lines.length).toBeLessThanOrEqual(6);
          for (const line of lines) {
            expect(line).toMatch(/^[\x20-\x7e]+$/);
            expect(line.length).toBeLessThan(1000);
          }
        }
      }
    }
  });

  test("escapes are those of JSON", () => {
    const text = explain(deny("origin-malformed", '\u001b[31m\n\u00e9\u007f\ud800"\\'));
    expect(text).toContain('came:     Origin "\\u001b[31m\\n\\u00e9\\u007f\\ud800\\"\\\\"');
  });

  test("a cut text shows 256 characters", () => {
    expect(explain(deny("origin-malformed", "a".repeat(300)))).toContain(`Origin "${"a".repeat(256)}"\n`);
  });

  test("a note is escaped", () => {
    expect(explain(deny("timed-out", undefined, { note: "a\r\n\u001b[0mb" }))).toContain(
      "detail:   a\\u000d\\u000a\\u001b[0mb\n",
    );
  });
});

describe("length", () => {
  const longest = 4096;
  const worst = ["\u0000", "\u202e", '"', "\\", "a", "\ud83d\ude00"].map((char) => char.repeat(20_000));
  const long = (index: number) => `https://${`${"a".repeat(60)}.`.repeat(3)}n${index}.example`;
  const policy = createPolicy({
    origins: Array.from({ length: 9 }, (_, index) => long(index)),
    hosts: Array.from({ length: 9 }, (_, index) => long(index).slice(8)),
    opaqueOrigin: "dangerously-allow",
    sameHost: true,
    directory: new Set(),
  });

  test("every text stays within 4096 characters, whatever the client sent and whatever the note says", () => {
    const { expected } = circumstancesOf(policy.check(from("https://evil.test", long(0).slice(8))) as Deny);
    for (const code of denyCodes) {
      for (const text of worst) {
        const full = explain(deny(code, text, { host: text, note: text, expected }));
        expect(full.length).toBeLessThanOrEqual(longest);
        expect(full).toMatch(/^[\x20-\x7e\n]+$/);
        // Nothing is lost at the end: the parts are bounded, so that the whole is.
        expect(full).toMatch(/\n {2}fix: {6}.+[.:)"`]$/);
      }
    }
  });

  test("a policy's refusals stay within 4096 characters, and say how to fix them", () => {
    for (const text of worst) {
      for (const headers of [{ origin: text }, { host: text }, { host: long(0).slice(8), origin: text }]) {
        const full = explain(policy.check({ headers }));
        expect(full.length).toBeLessThanOrEqual(longest);
        expect(full).toContain("\n  fix:      ");
      }
    }
  });

  test("a quoted text that is escaped is cut, and says so", () => {
    const quoted = quote("\u202e".repeat(256));
    expect(quoted).toHaveLength(400);
    expect(quoted).toMatch(/^"(\\u202e)+.*\.\.\."$/);
    expect(quote("a".repeat(300))).toBe(`"${"a".repeat(256)}"`);
  });

  test("thousands of tokens are counted, not listed", async () => {
    const counting = createPolicy({
      ...site,
      token: { from: [queryParam("ticket"), cookie("sid")], verify: () => refuse("invalid") },
    });
    const cookies = Array.from({ length: 500 }, () => "sid=secret-token").join("; ");
    const url = `/?${"ticket=secret-token&".repeat(800)}`;
    const decision = await counting.decide({ headers: { origin: "https://app.example", cookie: cookies }, url });
    expect(decision.code).toBe("token-ambiguous");
    expect(explain(decision)).toContain("  detail:   1300 tokens: 800 from queryParam, 500 from cookie.\n");
  });

  test("an issue's text cannot control a terminal", () => {
    const issue = { code: "option-invalid", entry: "a", message: `a: \u001b[2J ${"x".repeat(5000)}` } as const;
    expect(explain(issue)).toMatch(/^Configuration problem \(option-invalid\): a: \\u001b\[2J x+$/);
    expect(explain(issue)).toHaveLength(longest);
  });
});

describe("copies", () => {
  test("a JSON clone is explained without the policy's entries", () => {
    const decision = createPolicy({ ...site, hosts: ["api.app.example"] }).check(from("https://evil.test"));
    const clone = JSON.parse(JSON.stringify(decision)) as typeof decision;
    expect(explain(clone)).toMatchInlineSnapshot(`
      "Refused a WebSocket handshake: origin-not-listed (403)
        came:     Origin "https://evil.test"
        expected: an Origin that the policy allows
        fix:      If this page is yours, add "https://evil.test" to \`origins\`. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies."
    `);
    expect(explain(structuredClone(decision))).toBe(explain(clone));
    expect(explain({ ...decision })).toBe(explain(clone));
  });

  test("a JSON clone of a grant is explained the same", () => {
    const decision = createPolicy(site).check(from("https://app.example"));
    expect(explain(JSON.parse(JSON.stringify(decision)) as typeof decision)).toBe(explain(decision));
  });

  test("a frozen decision is explained the same", () => {
    const decision = createPolicy(site).check(from("https://evil.test"));
    expect(explain(Object.freeze(decision))).toContain('one of "https://app.example"');
  });

  test("two decisions of one policy have circumstances of their own", () => {
    const policy = createPolicy({ ...site, hosts: ["api.app.example"] });
    const [one, two] = [policy.check(from(undefined, "one.test")), policy.check(from(undefined, "two.test"))];
    expect(explain(one)).toContain('Host "one.test"');
    expect(explain(two)).toContain('Host "two.test"');
  });
});
