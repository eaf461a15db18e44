/** How a setup's server is started. Servers of one stack share what is installed. */
export type Stack = "django" | "fastapi" | "go" | "spring" | "rails";

export interface Setup {
  readonly stack: Stack;
  /** The folder, module or name of it below `servers/<stack>`. */
  readonly name: string;
  /** What is special about it, in the framework's words. */
  readonly what: string;
  /** What it runs on: `daphne`, `tomcat`; for Go the library. */
  readonly on: string;
  /** Ids of failures and warnings, the first one first; none on a right setup. */
  readonly rules: readonly string[];
  /** What the doctor calls it. */
  readonly who: string;
  /** What the fix of the first rule says, of the framework's own words. */
  readonly fix?: string | undefined;
  /** The setup in which that fix is applied. */
  readonly corrected?: string | undefined;
  /** The path of the socket, if it is not `/ws`. */
  readonly path?: string | undefined;
  /** The page is one of the server's own, and not https://app.example.com. */
  readonly ownPage?: true;
  /** Behind nginx, which answers to its own name only. */
  readonly behindNginx?: true;
}

interface Expected {
  readonly fix?: string;
  readonly corrected?: string;
}

const page = '"https://app.example.com"';

function named(server: string): string {
  return `${server.slice(0, 1).toUpperCase()}${server.slice(1)}`;
}

const validator: Expected = {
  fix: `OriginValidator(AuthMiddlewareStack(URLRouter(...)), [${page}])`,
  corrected: "origin-validator",
};

function channels(name: string, what: string, rules: readonly string[], servers = ["daphne"]): readonly Setup[] {
  const expected = rules.length > 0 && rules[0] !== "WSO053" ? validator : {};
  return servers.map((on) => {
    const who = `Django Channels on ${named(on)}`;
    return Object.assign<Setup, Partial<Setup>>({ stack: "django", name, what, on, rules, who }, expected);
  });
}

const asgiServers = ["daphne", "uvicorn", "hypercorn"];

const dependency: Expected = { fix: `websocket.headers.get("origin") not in [${page}]`, corrected: "dependency" };

function fastapi(name: string, what: string, rules: readonly string[], servers = ["uvicorn"]): readonly Setup[] {
  const expected = rules.length > 0 ? dependency : {};
  return servers.map((on) => {
    const who = `FastAPI on ${named(on)}`;
    return Object.assign<Setup, Partial<Setup>>({ stack: "fastapi", name, what, on, rules, who }, expected);
  });
}

function go(name: string, what: string, rules: readonly string[], more: Partial<Setup> = {}): Setup {
  const on = name.startsWith("coder") ? "coder" : "gorilla";
  return { stack: "go", name, what, on, rules, who: `${on}/websocket (Go)`, ...more };
}

const checkOrigin: Expected = {
  fix: `upgrader.CheckOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") == ${page} }`,
  corrected: "gorilla-list",
};
const originPatterns: Expected = { fix: `OriginPatterns: []string{${page}}`, corrected: "coder-list-and-host" };
const goHosts: Expected = { fix: "if r.Host != " };

function spring(name: string, what: string, rules: readonly string[], more: Partial<Setup> = {}): readonly Setup[] {
  return ["tomcat", "jetty"].map((on) => {
    const who = `Spring on ${named(on)}`;
    return Object.assign<Setup, Partial<Setup>>({ stack: "spring", name, what, on, rules, who }, more);
  });
}

const allowedOrigins: Expected = { fix: `.setAllowedOrigins(${page})`, corrected: "raw_list_and_host" };
const interceptor: Expected = { fix: "HandshakeInterceptor", corrected: "raw_list_and_host" };
const sockJs = "/ws/websocket";

function rails(name: string, what: string, rules: readonly string[], more: Partial<Setup> = {}): Setup {
  return { stack: "rails", name, what, on: "puma", rules, who: "Rails Action Cable", ...more };
}

const cable: Expected = {
  fix: `config.action_cable.allowed_request_origins = [${page}]`,
  corrected: "list_only",
};

/** Every setup, with what the doctor has to say of it. */
export const setups: readonly Setup[] = [
  ...channels("none", "URLRouter alone", ["WSO050"], asgiServers),
  ...channels("cors-headers", "URLRouter, and django-cors-headers with CORS_ALLOWED_ORIGINS", ["WSO050"]),
  ...channels("origin-validator", "OriginValidator with the page's origin", [], asgiServers),
  ...channels("origin-validator-any", 'OriginValidator with "*"', ["WSO050"]),
  ...channels("origin-validator-no-scheme", "OriginValidator with a host and no scheme", ["WSO052"]),
  ...channels("origin-validator-subdomains", 'OriginValidator with "https://.app.example.com"', ["WSO053"]),
  ...channels("allowed-hosts", "AllowedHostsOriginValidator, names in ALLOWED_HOSTS", ["WSO052"]),
  ...channels("allowed-hosts-any", 'AllowedHostsOriginValidator, ALLOWED_HOSTS = ["*"]', ["WSO050"]),

  ...fastapi("none", "no check", ["WSO050"], ["uvicorn", "hypercorn"]),
  ...fastapi("cors_middleware", "CORSMiddleware with the page's origin", ["WSO050"]),
  ...fastapi("trusted_host", "TrustedHostMiddleware with the server's names", ["WSO050"]),
  ...fastapi("starts_with", "a dependency that compares with startswith()", ["WSO052"]),
  ...fastapi("dependency", "a dependency that compares whole origins", [], ["uvicorn", "hypercorn"]),

  go("gorilla-any", "CheckOrigin that returns true", ["WSO050"], checkOrigin),
  go("gorilla-prefix", "CheckOrigin with strings.HasPrefix", ["WSO052"], checkOrigin),
  go("gorilla-list", "CheckOrigin that compares whole origins", []),
  go("gorilla-default", "no CheckOrigin, a page of its own", ["WSO054"], {
    ownPage: true,
    ...goHosts,
    corrected: "gorilla-host-check",
  }),
  go("gorilla-default", "no CheckOrigin, a page of another name", ["WSO023"], {
    fix: "CheckOrigin",
    corrected: "gorilla-list",
  }),
  go("gorilla-host-check", "no CheckOrigin, and a check of Host", [], { ownPage: true }),
  go("coder-insecure", "InsecureSkipVerify", ["WSO050"], originPatterns),
  go("coder-any", 'OriginPatterns with "*"', ["WSO050"], originPatterns),
  go("coder-no-scheme", "OriginPatterns with a host and no scheme, and a check of Host", ["WSO052"], originPatterns),
  go("coder-list", "OriginPatterns with the page's origin", ["WSO054"], {
    ...goHosts,
    corrected: "coder-list-and-host",
  }),
  go("coder-default", "no OriginPatterns, a page of another name", ["WSO023"], {
    fix: `OriginPatterns: []string{${page}}`,
  }),
  go("coder-list-and-host", "OriginPatterns with the page's origin, and a check of Host", []),

  ...spring("raw_any", 'setAllowedOrigins("*")', ["WSO050"], allowedOrigins),
  ...spring("raw_any_pattern", 'setAllowedOriginPatterns("*")', ["WSO050"], allowedOrigins),
  ...spring("raw_any_https", 'setAllowedOriginPatterns("https://*")', ["WSO050"], allowedOrigins),
  ...spring("raw_subdomains", 'setAllowedOriginPatterns with the page\'s origin and "https://*.app.example.com"', [
    "WSO053",
    "WSO054",
  ]),
  ...spring("raw_list", "setAllowedOrigins with the page's origin", ["WSO054"], interceptor),
  ...spring("raw_list_and_host", "setAllowedOrigins, and a HandshakeInterceptor that checks Host", []),
  ...spring("raw_default", "no setAllowedOrigins, a page of its own", ["WSO054"], {
    ownPage: true,
    fix: "HandshakeInterceptor",
  }),
  ...spring("raw_default", "no setAllowedOrigins, a page of another name", ["WSO023"], allowedOrigins),
  ...spring("raw_list", "setAllowedOrigins, behind nginx with a server_name", [], { behindNginx: true, who: "nginx" }),
  ...spring("stomp_any", 'STOMP over SockJS, setAllowedOriginPatterns("*")', ["WSO050"], {
    path: sockJs,
    ...allowedOrigins,
    corrected: "stomp_list",
  }),
  ...spring("stomp_list", "STOMP over SockJS, setAllowedOrigins", ["WSO054"], {
    path: sockJs,
    fix: "HandshakeInterceptor",
  }),
  ...spring("stomp_default", "STOMP over SockJS, no setAllowedOrigins", ["WSO023"], {
    path: sockJs,
    ...allowedOrigins,
    corrected: "stomp_list",
  }),
  ...spring(
    "cors_filter",
    'setAllowedOrigins("*"), and a CorsFilter for /** with the page\'s origin',
    ["WSO054"],
    interceptor,
  ),
  ...spring(
    "cors_mappings",
    'setAllowedOrigins("*"), and addCorsMappings() with the page\'s origin',
    ["WSO050"],
    allowedOrigins,
  ),
  ...spring(
    "cross_origin",
    'setAllowedOrigins("*"), and @CrossOrigin with the page\'s origin',
    ["WSO050"],
    allowedOrigins,
  ),
  ...spring(
    "security_any",
    'setAllowedOrigins("*"), and Spring Security with CSRF protection',
    ["WSO050"],
    allowedOrigins,
  ),
  ...spring("security_list", "setAllowedOrigins with the page's origin, and Spring Security", ["WSO054"], interceptor),

  rails("disabled", "disable_request_forgery_protection", ["WSO050"], cable),
  rails("regexp", "allowed_request_origins with a regular expression without \\A and \\z", ["WSO052"], cable),
  rails("default", "no allowed_request_origins, a page of its own", ["WSO054"], {
    ownPage: true,
    fix: "config.action_cable.allow_same_origin_as_host = false",
  }),
  rails("default", "no allowed_request_origins, a page of another name", ["WSO023"], cable),
  rails("list", "allowed_request_origins with the page's origin", ["WSO054"], {
    fix: 'config.hosts = ["localhost"]',
    corrected: "list_and_hosts",
  }),
  rails("list_only", "the same, and allow_same_origin_as_host = false", []),
  rails("list_and_hosts", "the same, and config.hosts", []),
];
