import { type Command, type Outcome, type Surroundings, UsageError } from "../command.ts";
import { readOwn } from "../options.ts";
import { cloudText, cloudTitles, isCloud } from "../proxy/clouds.ts";
import { configurations, type ServerKind } from "../proxy/configurations.ts";
import { type CheckedKind, checkedKinds } from "../proxy/checker.ts";
import { proxyRules } from "../proxy/all-rules.ts";
import { checkPath, defaults, wantedOf } from "../proxy/wanted.ts";

const servers: ReadonlyMap<string, string> = new Map([
  ["nginx", "nginx"],
  ["apache", "Apache httpd 2.4.47 or newer"],
  ["haproxy", "HAProxy"],
  ["caddy", "Caddy 2"],
  ["varnish", "Varnish"],
]);

function isServer(name: string): name is ServerKind {
  return Object.hasOwn(configurations, name);
}

const usage = `Usage: wsorigin proxy <server> [options]
       wsorigin proxy <cloud>
       wsorigin proxy --check <file or folder> [--path <path>] [--kind <kind>]
       wsorigin proxy --list

Prints the smallest configuration with which a proxy passes WebSockets on, tells the limits of a cloud, or checks a configuration:
of nginx, Apache httpd, HAProxy, Caddy (Caddyfile or JSON), Kubernetes (Ingress, Gateway API), Traefik or Envoy.

Servers: ${[...servers.keys()].join(", ")}
Clouds:  ${[...cloudTitles.keys()].join(", ")}

Options of a server:
  --path <path>         Where sockets are opened. One that ends in "/" stands for all below it. (${defaults.path})
  --upstream <url>      Where the WebSocket server listens. (${defaults.upstream})
  --server-name <name>  The site's name. (${defaults.serverName})
  --idle <seconds>      How long a socket may stay silent. (${defaults.idle})

Options of a check:
  --check <file>        What the proxy reads: nginx.conf or what "nginx -T" printed, a Caddyfile, haproxy.cfg, manifests of Kubernetes; "-" for
                        standard input, or a folder to look into. Files that nginx includes are read too: if one is missing, the verdict on what may
                        depend on it is "cannot tell" (exit code 2).
  --path <path>         Check what serves this path. Otherwise what looks like a socket's.
  --kind <kind>         What the file is, if its contents and name do not show it: ${checkedKinds.join(", ")}.

If the time is over (--timeout) or it is interrupted, it prints what it found until then.

  --list                Lists the servers and clouds.
`;

export const proxy: Command = {
  name: "proxy",
  usage,
  rules: proxyRules,
  run: async (args, surroundings) => {
    const { values, positionals } = parse(args);
    const { list = false, check, path, upstream, idle, kind } = values;
    const serverName = values["server-name"];
    const [name, ...more] = positionals;
    const [surplus] = [...more, ...(name !== undefined && (list || check !== undefined) ? [name] : [])];
    if (surplus !== undefined) throw new UsageError(`${JSON.stringify(surplus)} is one argument too many. ${seeHelp}`);
    const given = { path, upstream, serverName, idle, kind };
    if (list) return listed(check, given);
    if (check !== undefined) return checked(check, given, surroundings);
    refuse(given, ["kind"], name ?? "no --check");
    if (name === undefined)
      throw new UsageError("Which proxy? Write wsorigin proxy nginx, or wsorigin proxy --list for all of them.");
    if (isServer(name)) return { text: configurations[name](wantedOf(given)) };
    if (!isCloud(name))
      throw new UsageError(
        `${JSON.stringify(name)} is no proxy that is known here. wsorigin proxy --list shows them all.`,
        { mistyped: { given: name, known: [...servers.keys(), ...cloudTitles.keys()] } },
      );
    refuse(given, ["path", "upstream", "serverName", "idle"], name);
    return { text: cloudText(name) };
  },
};

const seeHelp = "See wsorigin proxy --help.";

function parse(args: readonly string[]) {
  return readOwn(
    {
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: "boolean" },
        check: { type: "string" },
        kind: { type: "string" },
        path: { type: "string" },
        upstream: { type: "string" },
        "server-name": { type: "string" },
        idle: { type: "string" },
      },
    },
    seeHelp,
  );
}

interface GivenOptions {
  readonly path: string | undefined;
  readonly upstream: string | undefined;
  readonly serverName: string | undefined;
  readonly idle: string | undefined;
  readonly kind: string | undefined;
}

/** An option that would do nothing was meant to do something. */
function refuse(given: GivenOptions, names: readonly (keyof GivenOptions)[], where: string): void {
  const used = names.find((name) => given[name] !== undefined);
  if (used === undefined) return;
  const option = used === "serverName" ? "--server-name" : `--${used}`;
  throw new UsageError(`${option} means nothing with ${where}: leave it out. ${seeHelp}`);
}

function listed(check: string | undefined, given: GivenOptions): Outcome {
  if (check !== undefined) throw new UsageError(`--list and --check do not go together. ${seeHelp}`);
  refuse(given, ["path", "upstream", "serverName", "idle", "kind"], "--list");
  const lines = (names: ReadonlyMap<string, string>) =>
    [...names].map(([name, title]) => `  ${name.padEnd(18)}${title}`);
  return {
    text: [
      "Configurations, by wsorigin proxy <name>:",
      ...lines(servers),
      "",
      "Limits and settings, by wsorigin proxy <name>:",
      ...lines(cloudTitles),
      "",
    ].join("\n"),
  };
}

async function checked(file: string, given: GivenOptions, surroundings: Surroundings): Promise<Outcome> {
  refuse(given, ["upstream", "serverName", "idle"], "--check");
  if (file === "") throw new UsageError("--check needs a file: wsorigin proxy --check /etc/nginx/nginx.conf");
  const path = given.path === undefined ? undefined : checkPath(given.path);
  const kind = given.kind === undefined ? undefined : kindNamed(given.kind);
  const { checkFile } = await import("../proxy/check-file.ts");
  return { report: await checkFile(file, { path, kind }, surroundings) };
}

function kindNamed(name: string): CheckedKind {
  const kind = checkedKinds.find((each) => each === name);
  if (kind !== undefined) return kind;
  throw new UsageError(
    `--kind: there is no kind ${JSON.stringify(name)} that can be checked. Write one of ${checkedKinds.join(", ")}.`,
    { mistyped: { given: name, known: checkedKinds } },
  );
}
