import type { CheckedKind } from "./checker.ts";

/** What a file is: a configuration that can be checked, or something else, with what to do instead. */
export type Kind = { readonly checked: CheckedKind } | { readonly other: string; readonly instead: string };

const printed = "wsorigin proxy --list names the configurations that can be printed instead.";

/** What a file is, by its contents first and its name second. */
export function kindOf(text: string, name: string): Kind {
  const base = name.split(/[\\/]/).at(-1) ?? name;
  return byContents(text, base) ?? byName(base) ?? unknown(text);
}

function checked(kind: CheckedKind): Kind {
  return { checked: kind };
}

function other(what: string, instead: string): Kind {
  return { other: what, instead };
}

const dockerfile = other(
  "is a Dockerfile, not a configuration of a proxy",
  "Check the file that it copies into the image, such as nginx.conf.",
);

const caddyName = /^Caddyfile|\.caddy(?:file)?$/i;

function unknown(text: string): Kind {
  return text.trim() === ""
    ? other("is empty", "Name the file that has the proxy's configuration.")
    : other(
        "is not a configuration of a proxy that is known here",
        "If it is one, name its kind: --kind nginx, apache, haproxy, caddy, kubernetes, traefik or envoy.",
      );
}

function byContents(text: string, base: string): Kind | undefined {
  const start = text.slice(0, 400_000);
  if (start.slice(0, 8000).includes("\0"))
    return other("is a binary file, not a configuration", "Name the text file that the proxy reads.");
  if (/^#!.*\b(?:ba|da|z|k)?sh\b/.test(start))
    return other(
      "is a shell script, not a configuration of a proxy",
      "Check the configuration that it writes, or the file that it starts the proxy with.",
    );
  if (/^\s*\{\s*(?:"|\})/.test(start)) return jsonKind(start, base);
  // Its lines hold semicolons and braces too, so it comes before the configurations.
  if (/^\s*vcl\s+4\.\d\s*;/m.test(start))
    return other(
      "is a VCL file of Varnish, which is not checked",
      "wsorigin proxy varnish prints one that passes sockets on.",
    );
  if (/^\s*(?:<\?xml|<configuration\b|<!DOCTYPE|<html\b)/i.test(start)) return markup(start);
  return yamlKind(start, base) ?? tomlKind(start) ?? lineKind(start, base);
}

function markup(text: string): Kind {
  if (/<(?:system\.webServer|configuration)\b/i.test(text))
    return other(
      "is a web.config of IIS, which is not checked",
      "WebSockets need the feature WebSocket Protocol in IIS; check the running server with wsorigin doctor.",
    );
  return other("is a document of XML or HTML, not a configuration of a proxy", printed);
}

function jsonKind(text: string, base: string): Kind {
  const has = (key: string) => new RegExp(`"${key}"\\s*:`).test(text);
  if (has("apiVersion") && has("kind")) return checked("kubernetes");
  if (
    has("static_resources") ||
    has("filter_chains") ||
    has("virtual_hosts") ||
    /type\.googleapis\.com\/envoy/.test(text)
  )
    return checked("envoy");
  if (has("apps") || (has("handle") && has("handler"))) return checked("caddy");
  if (has("entryPoints") || has("routers") || has("middlewares")) return checked("traefik");
  if (base === "package.json" || (has("name") && (has("dependencies") || has("devDependencies") || has("scripts"))))
    return other(
      "is a manifest of npm, not a configuration of a proxy",
      "wsorigin audit reads the sources of the package.",
    );
  return other(
    "is a JSON file, not a configuration of a proxy that is known here",
    "Envoy, Caddy and Kubernetes are known in JSON.",
  );
}

function yamlKind(text: string, base: string): Kind | undefined {
  if (/^apiVersion:\s*\S/m.test(text) && /^kind:\s*\S/m.test(text)) return checked("kubernetes");
  if (/type\.googleapis\.com\/envoy|^static_resources:|^\s*-?\s*(?:filter_chains|virtual_hosts):/m.test(text))
    return checked("envoy");
  const compose =
    /^services:\s*(?:#.*)?$/m.test(text) && /^ {2,}(?:image|build|container_name|ports|labels):/m.test(text);
  if (compose && /^[^#\n]*\btraefik\.(?:http|enable|tcp)\b/m.test(text)) return checked("traefik");
  if (compose || /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(base))
    return other(
      "is a Docker Compose file without labels of Traefik, not a configuration of a proxy",
      "Check the file that it mounts into the proxy's container, such as nginx.conf or Caddyfile.",
    );
  if (/^(?:entryPoints|certificatesResolvers|accessLog|serversTransport):/m.test(text)) return checked("traefik");
  if (/^http:\s*(?:#.*)?\n(?:\s*\n|\s*#.*\n)*\s+(?:routers|services|middlewares|serversTransports):/m.test(text))
    return checked("traefik");
  if (/^jobs:/m.test(text)) return other("is a workflow of GitHub Actions, not a configuration of a proxy", printed);
  return undefined;
}

function tomlKind(text: string): Kind | undefined {
  return /^\s*\[+(?:entryPoints|http\.(?:routers|services|middlewares|serversTransports)|accessLog|certificatesResolvers)\b/m.test(
    text,
  )
    ? checked("traefik")
    : undefined;
}

function lineKind(text: string, base: string): Kind | undefined {
  const code = text.replaceAll(/^[ \t]*#.*$/gm, "");
  if (/^(?:FROM\s+\S+)/m.test(code) && /^(?:RUN|COPY|CMD|ENTRYPOINT|ADD|EXPOSE|WORKDIR)\s/m.test(code))
    return dockerfile;
  if (/^\s*\[(?:Unit|Service|Install)\]\s*$/m.test(code))
    return other("is a unit of systemd, not a configuration of a proxy", "Check the file that its ExecStart names.");
  if (/^\s*<\/?(?:VirtualHost|Location|LocationMatch|Proxy|IfModule|Directory|Macro)\b/im.test(code))
    return checked("apache");
  if (
    /^\s*(?:ProxyPass(?:Match|Reverse)?|RewriteRule|RewriteCond|LoadModule|ProxyPreserveHost|RequestHeader|CustomLog|LogFormat)\s+[^;{]*$/m.test(
      code,
    )
  )
    return checked("apache");
  if (
    /^(?:global|defaults|(?:frontend|backend|listen|defaults)\s+[\w.:-]+.*)\s*$/m.test(code) &&
    /^[ \t]+(?:bind|server|mode|timeout|default_backend|option|balance|http-request|use_backend)\s/m.test(code)
  )
    return checked("haproxy");
  if (
    /^[ \t]*(?:server|http|events|location|upstream|map)\b[^;\n]*\{|^[ \t]*(?:proxy_\w+|listen|server_name|include|access_log|log_format|user|worker_processes|return|root|add_header|ssl_\w+)\s[^{}\n]*;/m.test(
      code,
    )
  )
    return checked("nginx");
  if (
    /^[ \t]*(?:reverse_proxy|handle_path|handle|php_fastcgi|file_server|encode|respond|header_up|header_down|route|redir|import|tls)\b[^;]*$/m.test(
      code,
    ) ||
    caddyName.test(base)
  )
    return checked("caddy");
  if (
    /^(?:import|export|const|let|var|function|class|package|def|using)\s/m.test(code) &&
    /\.(?:[cm]?[jt]sx?|py|go|rb|java|cs)$/.test(base)
  )
    return other("is a source file, not a configuration of a proxy", "wsorigin audit reads sources.");
  return undefined;
}

const names: readonly (readonly [RegExp, Kind])[] = [
  [/^nginx.*\.conf$|\.nginx$|\.vhost$/i, checked("nginx")],
  [/^haproxy.*\.(?:cfg|conf)$/i, checked("haproxy")],
  [/^(?:httpd|apache2?).*\.conf$|^\.htaccess$/i, checked("apache")],
  [caddyName, checked("caddy")],
  [/^traefik.*\.(?:ya?ml|toml)$/i, checked("traefik")],
  [/^envoy.*\.(?:ya?ml|json)$/i, checked("envoy")],
  [/^ingress.*\.ya?ml$/i, checked("kubernetes")],
  [/^(?:.*\.)?Dockerfile(?:\..*)?$/i, dockerfile],
  [
    /^\.env(?:\..*)?$/,
    other(
      "is a file of environment variables, not a configuration of a proxy",
      "Check the configuration that uses them, once they are filled in.",
    ),
  ],
  [
    /\.(?:sh|bash|zsh)$/,
    other("is a shell script, not a configuration of a proxy", "Check the configuration that it writes."),
  ],
  [/\.(?:[cm]?[jt]sx?)$/, other("is a source file, not a configuration of a proxy", "wsorigin audit reads sources.")],
  [
    /\.ya?ml$/i,
    other(
      "is a YAML file, not a configuration of a proxy that is known here",
      "Kubernetes, Traefik and Envoy are known in YAML.",
    ),
  ],
  [/\.toml$/i, other("is a TOML file, not a configuration of a proxy that is known here", "Traefik is known in TOML.")],
  [
    /\.(?:md|txt|rst|html?)$/i,
    other("is a text, not a configuration of a proxy", "Copy the configuration in it into a file of its own."),
  ],
];

function byName(base: string): Kind | undefined {
  return names.find(([pattern]) => pattern.test(base))?.[1];
}

/** Names of files that are worth a look in a folder. */
export function isKnownName(base: string): boolean {
  return (
    names.some(([pattern, kind]) => "checked" in kind && pattern.test(base)) ||
    /\.(?:conf|cfg|ya?ml|toml)$/i.test(base) ||
    /^(?:docker-)?compose/.test(base)
  );
}
