import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestContext } from "vitest";
import { WebSocketServer } from "ws";

export type ProxyKind = "nginx" | "apache" | "haproxy" | "caddy" | "varnish";

export const proxyKinds: readonly ProxyKind[] = ["nginx", "apache", "haproxy", "caddy", "varnish"];

/** What a configuration may refer to. */
interface Ports {
  /** The port to listen on, of 127.0.0.1. Free a moment ago. */
  readonly port: number;
  /** A folder of this proxy's own, for more files. Log files in it that end in `.log` are read by `log()`. */
  readonly folder: string;
}

export interface ProxyOptions {
  readonly kind: ProxyKind;
  /**
   * The configuration. Unless `whole` is set it is a site's part of it: for nginx what stands in `http { }`, for Apache what follows the modules
   * and `Listen`, for Caddy the site blocks. For HAProxy and Varnish it is the whole file.
   */
  readonly config: (ports: Ports) => string;
  /** The configuration is the whole file, for nginx, Apache and Caddy too. It has to stay in the foreground and in its folder. */
  readonly whole?: boolean;
  /** More files, by their path in the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** More arguments of the program: `["-p", "pipe_timeout=2"]` for Varnish. */
  readonly args?: readonly string[];
}

/** A real proxy that runs. */
export interface Proxy {
  readonly port: number;
  readonly folder: string;
  /** Ends it, by its pid: SIGTERM, and SIGKILL where that is not enough. Removes its folder. */
  stop(): Promise<void>;
  /** What it has printed, and its log files. Varnish keeps its log in memory: see `varnishLog`. */
  log(): string;
}

interface Program {
  readonly names: readonly string[];
  readonly debian: string;
  /** The file's name, its contents, and how to start the program with it in the foreground. */
  readonly file: string;
  wrap(config: string, ports: Ports): string;
  arguments(file: string, ports: Ports): readonly string[];
}

const isRoot = process.getuid?.() === 0;

/** Where Debian and others keep Apache's modules. */
const apacheModules = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2"];

const programs: Readonly<Record<ProxyKind, Program>> = {
  nginx: {
    names: ["nginx"],
    debian: "nginx-light",
    file: "nginx.conf",
    // One process, as whoever runs the tests: no worker to hand folders over to.
    wrap: (config, { folder }) => `daemon off;
master_process off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 64; }
http {
  access_log access.log;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
${config}
}
`,
    arguments: (file, { folder }) => ["-p", folder, "-c", file, "-e", join(folder, "error.log")],
  },
  apache: {
    names: ["apache2", "httpd"],
    debian: "apache2",
    file: "apache.conf",
    wrap: (config, { port, folder }) => {
      const modules = apacheModules.find((path) => existsSync(path)) ?? "modules";
      const loaded = [
        "mpm_event",
        "authz_core",
        "proxy",
        "proxy_http",
        "headers",
        "log_config",
        "unixd",
        "rewrite",
        "setenvif",
        "env",
      ];
      return `${loaded
        .filter((name) => existsSync(join(modules, `mod_${name}.so`)))
        .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
        .join("\n")}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ServerName localhost
${isRoot ? "User www-data\nGroup www-data" : ""}
ErrorLog ${folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog ${folder}/access.log common
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
Listen 127.0.0.1:${port}
${config}
`;
    },
    arguments: (file, { folder }) => ["-d", folder, "-f", file, "-DFOREGROUND"],
  },
  haproxy: {
    names: ["haproxy"],
    debian: "haproxy",
    file: "haproxy.cfg",
    wrap: (config) => config,
    arguments: (file) => ["-db", "-f", file],
  },
  caddy: {
    names: ["caddy"],
    debian: "caddy",
    file: "Caddyfile",
    wrap: (config) => `{\n\tadmin off\n\tauto_https off\n}\n${config}\n`,
    arguments: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  varnish: {
    names: ["varnishd"],
    debian: "varnish",
    file: "site.vcl",
    wrap: (config) => config,
    arguments: (file, { port, folder }) => [
      "-F",
      "-jnone",
      `-n${join(folder, "work")}`,
      `-a127.0.0.1:${port}`,
      `-f${file}`,
      "-smalloc,16m",
      "-pthread_pool_min=5",
      "-pthread_pools=1",
      "-Tnone",
    ],
  },
};

/** What has to be installed to start such a proxy; `undefined` where it is there. */
function missing(kind: ProxyKind): string | undefined {
  const { names, debian } = programs[kind];
  return executable(names) === undefined
    ? `${names.join(" or ")} is not installed: apt-get install --no-install-recommends ${debian}`
    : undefined;
}

/** Skips the test that asks where the proxy is not installed. In CI that is a failure instead: nothing may be skipped there unseen. */
export function needs(kind: ProxyKind, { skip }: Pick<TestContext, "skip">): void {
  const gap = missing(kind);
  if (gap === undefined) return;
  if ((process.env["CI"] ?? "") !== "") throw new Error(gap);
  skip(gap);
}

function executable(names: readonly string[]): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/usr/bin"];
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Starts the real program with this configuration, in the foreground, on a free port of 127.0.0.1, and waits until it accepts connections.
 *
 * @throws {Error} with what the program printed, where it ends instead (a configuration that it refuses), or is not installed
 * @example
 * const proxy = await startProxy({
 *   kind: "nginx",
 *   config: ({ port }) => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${echo.port}; } }`,
 * });
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between our looking for a free port and the proxy's taking it somebody else took it.
      const taken = error instanceof Error && /address already in use|cannot bind|could not bind/i.test(error.message);
      if (!taken || attempt === 3) throw error;
    }
  }
}

/** What runs. It ends with this process at the latest. */
const started = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of started) signalGroup(child, "SIGKILL");
});

async function startOnce({ kind, config, whole = false, files = {}, args = [] }: ProxyOptions): Promise<Proxy> {
  const program = programs[kind];
  const path = executable(program.names);
  if (path === undefined) throw new Error(missing(kind));
  const folder = await mkdtemp(join(tmpdir(), `wsorigin-${kind}-`));
  const ports = { port: await freePort(), folder };
  const file = join(folder, program.file);
  const text = config(ports);
  for (const [name, contents] of Object.entries({
    ...files,
    [program.file]: whole ? text : program.wrap(text, ports),
  })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), contents);
  }

  // A process group of its own: what it forks can be ended with it.
  const child = spawn(path, [...program.arguments(file, ports), ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, LC_ALL: "C" },
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      printed += error.message;
      resolve();
    });
  });
  started.add(child);

  const stop = async () => {
    if (running(child)) child.kill("SIGTERM");
    const patience = new AbortController();
    await Promise.race([ended, sleep(3000, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    signalGroup(child, "SIGKILL");
    await ended;
    started.delete(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const log = () => [printed, ...logFiles(folder)].join("\n");

  const deadline = Date.now() + 45_000;
  // Where the program has ended, somebody else has its port.
  while (!(await accepts(ports.port)) || !running(child)) {
    if (running(child) && Date.now() < deadline) {
      await Promise.race([ended, sleep(20)]);
      continue;
    }
    const said = log();
    const why = running(child) ? "does not accept connections" : `ended with ${child.exitCode ?? child.signalCode}`;
    await stop();
    throw new Error(`${kind} ${why}:\n${said}\n${text}`);
  }
  return { port: ports.port, folder, stop, log };
}

/** Varnish's access log so far, as `varnishncsa` writes it in this format. */
export async function varnishLog(proxy: Proxy, format: string): Promise<string> {
  const path = executable(["varnishncsa"]);
  if (path === undefined) throw new Error("varnishncsa is not installed: it comes with varnish");
  const child = spawn(path, ["-n", join(proxy.folder, "work"), "-d", "-F", format], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}

function running({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** Signals what the child forked too. Where nothing is left of its group there is nothing to do. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them are gone.
  }
}

function logFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .toSorted()
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

/**
 * A port of 127.0.0.1 with no listener, below the range that the system assigns to clients and to servers on port 0, so no test that runs at the
 * same time can be given it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createTcpServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

function portOf(address: ReturnType<ReturnType<typeof createTcpServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("It listens on no TCP port.");
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** A request as it reached the backend. */
interface Seen {
  readonly url: string;
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly upgrade: string | undefined;
  readonly connection: string | undefined;
  readonly subprotocol: string | undefined;
  /** All headers, names in lower case. */
  readonly headers: IncomingMessage["headers"];
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

export interface EchoOptions {
  /** Whether to open the socket; a handshake that is refused gets a 403. All are opened by default. */
  readonly allow?: (seen: Seen) => boolean;
}

/** A WebSocket backend that says back what it is told. */
export interface Echo {
  readonly port: number;
  /** The handshakes that came, refused ones too, in order. */
  readonly handshakes: readonly Seen[];
  /** Ordinary requests: what a handshake becomes whose `Upgrade` got lost. They are answered as `ws` does, with 426. */
  readonly requests: readonly Seen[];
  /** The messages that came, in order. */
  readonly messages: readonly string[];
  /** Sends every open socket a message. */
  broadcast(message: string): void;
  stop(): Promise<void>;
}

/** Starts a `ws` backend on a free port of 127.0.0.1. It chooses the first subprotocol offered. */
export async function startEcho({ allow = () => true }: EchoOptions = {}): Promise<Echo> {
  const handshakes: Seen[] = [];
  const requests: Seen[] = [];
  const messages: string[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    requests.push(seen(request));
    response.writeHead(426, { "content-type": "text/plain", "content-length": 16 }).end("Upgrade Required");
  });
  server.on("upgrade", (request, socket, head) => {
    const came = seen(request);
    handshakes.push(came);
    if (!allow(came)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on("error", () => {});
      ws.on("message", (data, isBinary) => {
        messages.push(Buffer.isBuffer(data) ? data.toString() : "");
        ws.send(data, { binary: isBinary });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.address()),
    handshakes,
    requests,
    messages,
    broadcast: (message) => {
      for (const ws of sockets.clients) ws.send(message);
    },
    stop: async () => {
      for (const ws of sockets.clients) ws.terminate();
      sockets.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function seen({ url = "", httpVersion, headers, rawHeaders }: IncomingMessage): Seen {
  return {
    url,
    httpVersion,
    host: headers.host,
    origin: headers.origin,
    upgrade: headers.upgrade,
    connection: headers.connection,
    subprotocol: headers["sec-websocket-protocol"],
    headers,
    rawHeaders,
  };
}
