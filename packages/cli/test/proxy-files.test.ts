import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { CannotRun } from "../src/command.ts";
import { proxy } from "../src/commands/proxy.ts";
import { type Report, severityOf } from "../src/finding.ts";
import { kindOf } from "../src/proxy/kinds.ts";

async function folderWith(files: Readonly<Record<string, string>>, { onTestFinished }: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function checked(
  cwd: string,
  args: readonly string[],
  stdin = "",
  signal = new AbortController().signal,
): Promise<Report> {
  const outcome = await proxy.run(["--check", ...args], { cwd, progress: () => {}, stdin: async () => stdin, signal });
  if (!("report" in outcome)) throw new Error("It is a text.");
  return outcome.report;
}

function told({ findings }: Report): readonly string[] {
  return findings.map((finding) => `${finding.rule.id} ${severityOf(finding)}`);
}

const headers = `proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $http_connection;
proxy_set_header Host $http_host;
proxy_read_timeout 1h;
`;
const server =
  "server {\n  listen 80;\n  location /ws {\n    proxy_pass http://127.0.0.1:3000;\n    include /etc/nginx/includes/p.conf;\n  }\n}\n";
const main = "http {\n  access_log off;\n  include /etc/nginx/conf.d/*.conf;\n}\n";

describe("absolute includes of nginx in a copied tree", () => {
  test.for<[string, Record<string, string>, string]>([
    [
      "a root file system",
      {
        "rootfs/etc/nginx/nginx.conf": main,
        "rootfs/etc/nginx/conf.d/app.conf": server,
        "rootfs/etc/nginx/includes/p.conf": headers,
      },
      "rootfs/etc/nginx/nginx.conf",
    ],
    [
      "the folder of nginx",
      { "nginx/nginx.conf": main, "nginx/conf.d/app.conf": server, "nginx/includes/p.conf": headers },
      "nginx/nginx.conf",
    ],
    [
      "its contents",
      { "deploy/nginx.conf": main, "deploy/conf.d/app.conf": server, "deploy/includes/p.conf": headers },
      "deploy/nginx.conf",
    ],
    [
      "a file of a site",
      { "rootfs/etc/nginx/conf.d/app.conf": server, "rootfs/etc/nginx/includes/p.conf": headers },
      "rootfs/etc/nginx/conf.d/app.conf",
    ],
    ["a flat folder", { "app.conf": server, "p.conf": headers }, "app.conf"],
  ])("%s: found by the longest end of the path", async ([, files, file], context) => {
    const cwd = await folderWith(files, context);
    const report = await checked(cwd, [file]);
    expect(told(report)).toEqual([]);
    expect(report.incomplete).toBeUndefined();
    expect(report.steps.some(({ name }) => name === "location /ws")).toBe(true);
  });

  test("the longer end goes first", async (context) => {
    const cwd = await folderWith(
      {
        "etc/nginx/includes/p.conf": headers,
        "etc/nginx/sites/app.conf": server,
        "etc/nginx/sites/p.conf": "proxy_set_header Host x;",
      },
      context,
    );
    expect(told(await checked(cwd, ["etc/nginx/sites/app.conf"]))).toEqual([]);
  });

  test("where it is missing, what depends on it cannot be told: neither a failure nor ok", async (context) => {
    const cwd = await folderWith({ "rootfs/etc/nginx/conf.d/app.conf": server }, context);
    const report = await checked(cwd, ["rootfs/etc/nginx/conf.d/app.conf"]);
    expect(told(report)).toEqual(["WSO102 note"]);
    expect(report.findings[0]?.place).toMatchObject({ file: "rootfs/etc/nginx/conf.d/app.conf", line: 5 });
    expect(report.incomplete).toBe("unread");
    const step = report.steps.find(({ name }) => name === "location /ws");
    expect(step?.outcome).toBe("skipped");
    expect(step?.detail).toContain("cannot tell");
    expect(step?.detail).toContain("/etc/nginx/includes/p.conf (rootfs/etc/nginx/conf.d/app.conf:5) was not read");
  });

  test("what does not depend on it is still told", async (context) => {
    const wrong = server.replace("include", "proxy_set_header Origin https://a;\n    include");
    const report = await checked(await folderWith({ "app.conf": wrong }, context), ["app.conf"]);
    expect(told(report)).toContain("WSO117 failure");
    expect(told(report)).not.toContain("WSO104 failure");
  });

  test("a pattern whose folder is missing hides sites; one that matches nothing in its folder does not", async (context) => {
    const missing = await checked(await folderWith({ "nginx.conf": main }, context), ["nginx.conf"]);
    expect(told(missing)).toEqual(["WSO102 note"]);
    expect(missing.incomplete).toBe("unread");
    const site = `http {\n  access_log off;\n  include /etc/nginx/conf.d/*.conf;\n  server {\n location /ws { proxy_pass http://a; ${headers} } } }`;
    const empty = await checked(await folderWith({ "nginx.conf": site, "conf.d/README": "" }, context), ["nginx.conf"]);
    expect(told(empty)).toEqual([]);
    expect(empty.incomplete).toBeUndefined();
  });

  test("a location whose proxy_pass may be in a missing file", async (context) => {
    const cwd = await folderWith(
      { "app.conf": "server {\n  location /ws {\n    include /etc/nginx/p.conf;\n  }\n}\n" },
      context,
    );
    for (const args of [["app.conf"], ["app.conf", "--path", "/ws"]]) {
      const report = await checked(cwd, args);
      expect(told(report)).toEqual(["WSO102 note"]);
      expect(report.incomplete).toBe("unread");
    }
  });
});

describe("templates", () => {
  test.for([
    [
      "ingress.yaml",
      "apiVersion: v1\nkind: Ingress\nmetadata:\n  name: {{ .Release.Name }}\n",
      /Helm/,
      "helm template . > rendered.yaml",
    ],
    [
      "nginx.conf.j2",
      "server {\n  listen {{ port }};\n{% if tls %}\n  ssl on;\n{% endif %}\n}\n",
      /Jinja/,
      "jinja2 nginx.conf.j2 values.yaml > rendered.conf",
    ],
    [
      "nginx.tmpl",
      "server {\n{{ range .Servers }}\n  listen {{ .Port }};\n{{ end }}\n}\n",
      /Go/,
      "gomplate -f nginx.tmpl > rendered.conf",
    ],
    ["nginx.conf.erb", "server {\n  listen <%= @port %>;\n}\n", /ERB/, "erb nginx.conf.erb > rendered.conf"],
    [
      "default.conf.template",
      "server {\n  listen ${PORT};\n  ${LOCATIONS}\n}\n",
      /envsubst/,
      "envsubst '$PORT $LOCATIONS' < default.conf.template > rendered.conf",
    ],
    [
      "haproxy.cfg.ctmpl",
      'defaults\n  mode http\nbackend app\n{{ range service "app" }}\n  server {{ .Node }} {{ .Address }}:{{ .Port }}{{ end }}\n',
      /consul-template/,
      "consul-template -once -dry -template haproxy.cfg.ctmpl > rendered.conf",
    ],
  ] as const)("%s: one finding, which says how to render it", async ([name, text, of, fix], context) => {
    const report = await checked(await folderWith({ [name]: text }, context), [name]);
    expect(told(report)).toEqual(["WSO130 note"]);
    expect(report.findings[0]?.fix).toContain(fix);
    expect(report.steps[0]?.detail).toMatch(of);
    expect(report.incomplete).toBe("unread");
  });

  test("values that envsubst fills in, and that do not matter, are no obstacle", async (context) => {
    const text = `server {\n  listen \${PORT};\n  server_name $DOMAIN;\n  location /ws {\n    proxy_pass http://\${BACKEND}:3000;\n    ${headers.replace("proxy_set_header Upgrade $http_upgrade;", "")}  }\n}\n`;
    const report = await checked(await folderWith({ "app.conf.template": text }, context), ["app.conf.template"]);
    expect(told(report)).toEqual(["WSO130 note", "WSO104 failure"]);
  });

  test.for([
    ["Caddy's own environment", "Caddyfile", "{$DOMAIN} {\n\treverse_proxy {$BACKEND}:3000\n}\n"],
    [
      "Traefik's rule for containers",
      "traefik.yml",
      "entryPoints:\n  web: { address: ':80' }\nproviders:\n  docker:\n    defaultRule: \"Host(`{{ .Name }}.example.com`)\"\n",
    ],
    [
      "HAProxy's samples",
      "haproxy.cfg",
      'defaults\n  mode http\nlisten a\n  bind "${ADDR}:80"\n  http-request set-header X-A %[src]\n  server s 127.0.0.1:3000\n',
    ],
    [
      "Apache's variables",
      "app.conf",
      "ProxyPreserveHost On\nProxyPass /ws http://${BACKEND}/ws upgrade=websocket timeout=600\nRequestHeader set X-A expr=%{REQUEST_SCHEME}\n",
    ],
  ] as const)("%s is no template", async ([, name, text], context) => {
    expect(told(await checked(await folderWith({ [name]: text }, context), [name]))).toEqual([]);
  });
});

describe("what a file is", () => {
  test.for([
    [
      "docker-compose.yml",
      "services:\n  web:\n    image: nginx\n    ports: ['80:80']\n",
      /^docker-compose\.yml is a Docker Compose file.*nginx\.conf/,
    ],
    ["Dockerfile", "FROM nginx:1.29\nCOPY nginx.conf /etc/nginx/nginx.conf\n", /^Dockerfile is a Dockerfile/],
    [
      "package.json",
      '{ "name": "app", "scripts": { "start": "node ." } }',
      /^package\.json is a manifest of npm.*wsorigin audit/,
    ],
    ["data.json", '{ "a": 1 }', /^data\.json is a JSON file/],
    ["start.sh", "#!/bin/sh\nexec nginx -c /etc/nginx/nginx.conf;\n", /^start\.sh is a shell script/],
    ["nginx", "\u007FELF\u0000\u0001", /^nginx is a binary file/],
    [
      "default.vcl",
      'vcl 4.1;\nbackend b { .host = "127.0.0.1"; }\n',
      /^default\.vcl is a VCL file of Varnish.*wsorigin proxy varnish/,
    ],
    ["web.config", "<configuration><system.webServer/></configuration>", /^web\.config is a web\.config of IIS/],
    ["app.service", "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/x\n", /^app\.service is a unit of systemd/],
    ["server.ts", 'import { createServer } from "node:http";\n', /^server\.ts is a source file.*wsorigin audit/],
    ["notes.md", "# Notes\n", /^notes\.md is a text/],
    ["empty.conf", "\n", /^empty\.conf is empty/],
    ["unknown.conf", "colour = blue\n", /--kind nginx, apache, haproxy, caddy, kubernetes, traefik or envoy/],
  ] as const)("%s is named for what it is", async ([name, text, message], context) => {
    const cwd = await folderWith({ [name]: text }, context);
    await expect(checked(cwd, [name])).rejects.toThrow(CannotRun);
    await expect(checked(cwd, [name])).rejects.toThrow(message);
  });

  test.for([
    [
      "the contents go before the name",
      "nginx.conf",
      "app.example.com {\n\treverse_proxy 127.0.0.1:3000\n}\n",
      "caddy",
    ],
    ["the name where the contents say nothing", "haproxy.cfg", "# nothing\n", "haproxy"],
    [
      "labels of Traefik in a Compose file",
      "compose.yml",
      "services:\n  a:\n    image: a\n    labels:\n      - traefik.http.routers.a.rule=Host(`a`)\n",
      "traefik",
    ],
    [
      "what nginx -T printed",
      "all.txt",
      "# configuration file /etc/nginx/nginx.conf:\nhttp { server { listen 80; } }\n",
      "nginx",
    ],
    ["a snippet of nginx", "snippet.conf", "proxy_set_header Host $host;\n", "nginx"],
  ] as const)("%s", ([, name, text, kind]) => {
    expect(kindOf(text, name)).toEqual({ checked: kind });
  });

  test("--kind goes before both", async (context) => {
    const cwd = await folderWith({ "unknown.conf": "colour = blue\n" }, context);
    expect((await checked(cwd, ["unknown.conf", "--kind", "haproxy"])).incomplete).toBe("unread");
  });

  test("standard input is read for -", async () => {
    expect(
      told(
        await checked(
          "/",
          ["-"],
          "app.example.com {\n\treverse_proxy 127.0.0.1:3000 {\n\t\theader_up -Origin\n\t}\n}\n",
        ),
      ),
    ).toEqual(["WSO162 failure"]);
  });

  test("a folder is looked into, and other files in it are left alone", async (context) => {
    const cwd = await folderWith(
      {
        "deploy/Caddyfile": "app.example.com {\n\treverse_proxy 127.0.0.1:3000 {\n\t\theader_up -Origin\n\t}\n}\n",
        "deploy/haproxy/haproxy.cfg":
          "defaults\n  mode http\n  timeout client 30s\nlisten a\n  bind :80\n  server s 127.0.0.1:3000\n",
        "deploy/package.json": "{}",
        "deploy/Dockerfile": "FROM x\nRUN y\n",
      },
      context,
    );
    const report = await checked(cwd, ["deploy"]);
    expect(report.findings.map(({ rule, place }) => `${rule.id} ${place?.file ?? ""}`)).toEqual([
      "WSO162 deploy/Caddyfile",
      "WSO150 deploy/haproxy/haproxy.cfg",
    ]);
    await mkdir(join(cwd, "nothing"));
    await expect(checked(cwd, ["nothing"])).rejects.toThrow(
      /There is no configuration of a proxy in the folder "nothing"/,
    );
  });
});

describe("long configurations", () => {
  test("the findings of each server are kept to what can be read, failures first", async (context) => {
    const text = `http {\n${"server { location /ws { proxy_pass http://a; } }\n".repeat(1500)}}\n`;
    const report = await checked(await folderWith({ "nginx.conf": text }, context), ["nginx.conf"]);
    expect(report.findings).toHaveLength(1000);
    expect(new Set(told(report))).toEqual(new Set(["WSO104 failure"]));
    expect(report.steps.at(-1)?.detail).toMatch(
      /^\d+ findings and \d+ steps; 1000 of each are listed, failures first$/,
    );
  });

  test("what was found before the end is kept", async (context) => {
    const text = `http {\n${"server { location /ws { proxy_pass http://a; } }\n".repeat(40_000)}}\n`;
    const cwd = await folderWith({ "nginx.conf": text }, context);
    const controller = new AbortController();
    const report = checked(cwd, ["nginx.conf"], "", controller.signal);
    // A timer is heard although the work waits for nothing.
    setTimeout(() => controller.abort(), 50);
    expect((await report).incomplete).toBe("stopped");
  });
});
