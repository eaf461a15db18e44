import { UsageError } from "../command.ts";
import { expression, originOf, type Wanted } from "./wanted.ts";

export type ServerKind = "nginx" | "apache" | "haproxy" | "caddy" | "varnish";

/** The smallest configuration of each that is right for a socket: a text for a file, which says of each line why it is there. */
export const configurations: Readonly<Record<ServerKind, (wanted: Wanted) => string>> = {
  nginx,
  apache,
  haproxy,
  caddy,
  varnish,
};

/** Whether the path stands for all below it. */
function isFolder({ path }: Wanted): boolean {
  return path.endsWith("/");
}

function nginx(wanted: Wanted): string {
  const { path, upstream, serverName, idle } = wanted;
  const tls = upstream.tls
    ? `
    # Names the host to a TLS backend, which may have several.
    proxy_ssl_server_name on;`
    : "";
  return `# A file of conf.d or sites-enabled, so what stands here is inside http { }.

# Passes on the upgrade to a WebSocket and no other: "Upgrade: h2c" would open a tunnel past your other rules.
map $http_upgrade $ws_upgrade { default ''; '~*^websocket$' $http_upgrade; }
# Goes with it. Empty for ordinary requests, not "close": that would defeat keepalive to the backend.
map $http_upgrade $ws_connection { default ''; '~*^websocket$' upgrade; }
# The path without the query, which may hold a token.
log_format without_query '$remote_addr [$time_local] "$request_method $uri $server_protocol" $status $body_bytes_sent';

server {
  # Browsers need wss: on an https: page, so add TLS here as for the rest of your site.
  listen 80;
  server_name ${serverName};

  # ${isFolder(wanted) ? "Everything below this path." : "This very path, and nothing below it."}
  location ${isFolder(wanted) ? path : `= ${path}`} {
    # Without a path of its own, so that the backend sees the one that was asked for.
    proxy_pass ${originOf(upstream)};${tls}
    # A handshake is HTTP/1.1. The default was 1.0 before nginx 1.29.7.
    proxy_http_version 1.1;
    # nginx drops both of these unless they are set.
    proxy_set_header Upgrade $ws_upgrade;
    proxy_set_header Connection $ws_connection;
    # As the browser sent it, with the port: the backend compares it with Origin, which nginx passes on by itself.
    proxy_set_header Host $http_host;
    # Overwritten, so that no client can choose its address.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    # Closes a socket after this much silence, 60 seconds unless set. Keep it above twice the interval of your pings.
    proxy_read_timeout ${idle}s;
    # Lines in the error log still hold the query.
    access_log /var/log/nginx/access.log without_query;
  }
}
`;
}

function apache(wanted: Wanted): string {
  const { path, upstream, serverName, idle } = wanted;
  const origin = originOf(upstream);
  const target = `upgrade=websocket timeout=${idle}`;
  const pass = isFolder(wanted)
    ? `ProxyPass "${path}" "${origin}${path}" ${target}`
    : `ProxyPassMatch "^${expression(path)}$" "${origin}" ${target}`;
  const tls = upstream.tls
    ? `  # Speaks TLS to the backend. Needs the module ssl.
  SSLProxyEngine on
`
    : "";
  return `# Needs Apache 2.4.47 or newer and its modules proxy, proxy_http and headers (not proxy_wstunnel):
#   a2enmod proxy proxy_http headers

# The path without the query, which may hold a token.
LogFormat "%h %t \\"%m %U %H\\" %>s %b" without_query

# Browsers need wss: on an https: page, so make this *:443 with TLS as for the rest of your site.
<VirtualHost *:80>
  ServerName ${serverName}
  # Lines in the error log may still hold the query.
  CustomLog \${APACHE_LOG_DIR}/access.log without_query
  # Host as the browser sent it: the backend compares it with Origin, which Apache passes on by itself.
  ProxyPreserveHost On
  # Apache appends the client's address to what the client sent. Nothing is left to append to.
  RequestHeader unset X-Forwarded-For
  # Overwritten, so that no client can choose it.
  RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
${tls}  # upgrade: without it Apache passes on an ordinary GET. "websocket" and no other kind of tunnel.
  # timeout: closes a socket after this much silence, as Timeout does where that is longer. Above twice the interval of your pings.
  # The first ProxyPass that matches wins: keep this one above those of shorter paths.
  ${pass}
</VirtualHost>
`;
}

function haproxy(wanted: Wanted): string {
  const { path, upstream, serverName, idle } = wanted;
  const server = upstream.tls
    ? `server s1 ${upstream.host}:${upstream.port} ssl verify required ca-file @system-ca sni str(${upstream.host}) verifyhost ${upstream.host} alpn http/1.1`
    : `server s1 ${upstream.host}:${upstream.port}`;
  return `# HAProxy passes upgrades on by itself, with Host and Origin as the browser sent them.

defaults
  # HTTP, so that headers and paths can be seen.
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  # Closes a socket after this much silence. Without it the 30 seconds above hold. Keep it above twice the interval of your pings.
  timeout tunnel ${idle}s

frontend web
  # Browsers need wss: on an https: page, so add "bind :443 ssl crt <file> alpn h2,http/1.1".
  bind :80
  # %HP is the path without the query, which may hold a token.
  log stdout format raw local0
  log-format "%ci [%t] %HM %HP %ST %B"
  # Overwritten, so that no client can choose its address.
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  # No upgrade but that to a WebSocket: "Upgrade: h2c" would open a tunnel past your other rules.
  http-request del-header Upgrade unless { req.hdr(Upgrade) -i websocket }
  # ${isFolder(wanted) ? "Everything below this path." : "This very path, and nothing below it."} Other requests need a default_backend.
  use_backend websocket if { ${isFolder(wanted) ? "path_beg" : "path"} ${path} } { req.hdr(host),field(1,:),lower -m str ${serverName} }

backend websocket
  ${server}
`;
}

function caddy(wanted: Wanted): string {
  const { path, upstream, serverName } = wanted;
  return `# Caddy passes upgrades on by itself, with Host and Origin as the browser sent them, and overwrites X-Forwarded-For and -Proto.
# It has no limit for silent sockets, so there is nothing to set for that. A reload closes open sockets at once.

${serverName} {
	# The log without the query, which may hold a token, and without the headers, where tokens travel too.
	log {
		format filter {
			wrap json
			fields {
				request>uri regexp [?].* ""
				request>headers delete
			}
		}
	}
	# No upgrade but that to a WebSocket: "Upgrade: h2c" would open a tunnel past your other rules.
	@other not header_regexp Upgrade (?i)^websocket$
	request_header @other -Upgrade
	# ${isFolder(wanted) ? "Everything below this path." : "This very path, and nothing below it."}
	reverse_proxy ${isFolder(wanted) ? `${path}*` : path} ${originOf(upstream)}
}
`;
}

function varnish(wanted: Wanted): string {
  const { path, upstream, serverName, idle } = wanted;
  if (upstream.tls)
    throw new UsageError(
      `--upstream ${originOf(upstream)}: Varnish speaks no TLS to backends. Write the http: address of the backend, or of a TLS client beside Varnish.`,
    );
  const matched = `^${expression(path)}${isFolder(wanted) ? "" : "($|[?])"}`;
  return `# Start varnishd with this: it closes a socket after so much silence, 60 seconds unless set. Above twice the interval of your pings.
#   -p pipe_timeout=${idle}
# Log with this: %U is the path without the query, which may hold a token.
#   varnishncsa -F '%h %t "%m %U %H" %s %b'
vcl 4.1;

import std;

backend websocket {
  .host = "${upstream.host.replaceAll(/[[\]]/g, "")}";
  .port = "${upstream.port}";
}

sub vcl_recv {
  # ${isFolder(wanted) ? "Everything below this path." : "This very path, and nothing below it."} Only the upgrade to a WebSocket becomes a tunnel.
  if (req.url ~ "${matched}" && req.http.Host ~ "(?i)^${expression(serverName)}(:|$)" && req.http.Upgrade ~ "(?i)^websocket$") {
    # Overwritten, so that no client can choose its address.
    set req.http.X-Forwarded-For = client.ip;
    # Varnish itself speaks no TLS: on port 443 there is something before it that does, and speaks the PROXY protocol.
    if (std.port(server.ip) == 443) {
      set req.http.X-Forwarded-Proto = "https";
    } else {
      set req.http.X-Forwarded-Proto = "http";
    }
    set req.backend_hint = websocket;
    # A tunnel: Host, Origin and the rest go through as they came.
    return (pipe);
  }
}

sub vcl_pipe {
  if (req.http.Upgrade) {
    # Varnish drops both of these unless they are set.
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = "Upgrade";
  }
}
`;
}
