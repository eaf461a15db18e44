import type { Case } from "./case.ts";

const imports = `from channels.routing import ProtocolTypeRouter, URLRouter
from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from chat.routing import urls
`;

/** An asgi.py whose application for sockets is on line 7, after what stands before it. */
function asgi(websocket: string, before = ""): string {
  return `${imports}${before}
application = ProtocolTypeRouter({"http": http,
    "websocket": ${websocket},
})
`;
}

const stack = "AuthMiddlewareStack(URLRouter(urls))";
const named = 'ALLOWED_HOSTS = ["app.example.com"]\n';

function site(what: string, files: Readonly<Record<string, string>>, ...found: readonly string[]): Case {
  return { what: `Django: ${what}`, files, found };
}

/** Django Channels. */
export const django: readonly Case[] = [
  site("a router of URLs alone", { "asgi.py": asgi("URLRouter(urls)") }, "WSO260 asgi.py:7"),
  site("AuthMiddlewareStack is no check", { "asgi.py": asgi(stack) }, "WSO260 asgi.py:7"),
  site("no sockets at all", { "asgi.py": "application = ProtocolTypeRouter({'http': http})\n" }),
  site("a project without Channels", { "settings.py": 'ALLOWED_HOSTS = ["*"]\nCORS_ALLOW_ALL_ORIGINS = True\n' }),
  site("OriginValidator with a list", { "asgi.py": asgi(`OriginValidator(${stack}, ["https://app.example.com"])`) }),
  site("OriginValidator by another name", {
    "asgi.py": `from channels.security.websocket import OriginValidator as Gate\n${asgi(`Gate(${stack}, ["https://app.example.com"])`)}`,
  }),
  site("OriginValidator inside AuthMiddlewareStack", {
    "asgi.py": asgi('AuthMiddlewareStack(OriginValidator(URLRouter(urls), ("https://app.example.com",)))'),
  }),
  site("OriginValidator of a module", {
    "asgi.py": asgi(`websocket.OriginValidator(${stack}, ["https://app.example.com"])`),
  }),
  site("OriginValidator with *", { "asgi.py": asgi(`OriginValidator(${stack}, ["*"])`) }, "WSO261 asgi.py:7"),
  site(
    "OriginValidator with * by name",
    { "asgi.py": asgi(`OriginValidator(${stack}, allowed_origins=("https://app.example.com", "*"))`) },
    "WSO261 asgi.py:7",
  ),
  site(
    "OriginValidator with a list of the settings that has *",
    {
      "asgi.py": asgi(`OriginValidator(${stack}, settings.SOCKETS)`),
      "site/settings.py": 'DEBUG = False\nSOCKETS = ["*"]\n# channels\n',
    },
    "WSO261 site/settings.py:2",
  ),
  site(
    "OriginValidator with a list of the module",
    { "asgi.py": asgi(`OriginValidator(${stack}, ORIGINS)`, 'ORIGINS: list[str] = ["*"]') },
    "WSO261 asgi.py:5",
  ),
  site("OriginValidator with a list from the environment", {
    "asgi.py": asgi(`OriginValidator(${stack}, os.environ["ORIGINS"].split(","))`),
  }),
  site(
    "OriginValidator with a host",
    { "asgi.py": asgi(`OriginValidator(${stack}, ["app.example.com"])`) },
    "WSO263 asgi.py:7",
  ),
  site(
    "OriginValidator with every subdomain",
    { "asgi.py": asgi(`OriginValidator(${stack}, ["https://.example.com"])`) },
    "WSO264 asgi.py:7",
  ),
  site(
    "AllowedHostsOriginValidator with names",
    { "asgi.py": asgi(`AllowedHostsOriginValidator(${stack})`), "settings.py": named },
    "WSO263 asgi.py:7",
  ),
  site(
    "AllowedHostsOriginValidator with *",
    { "asgi.py": asgi(`AllowedHostsOriginValidator(${stack})`), "settings.py": 'ALLOWED_HOSTS = ["*"]\n' },
    "WSO262 settings.py:1",
  ),
  site(
    "AllowedHostsOriginValidator with * in one of several settings",
    {
      "asgi.py": asgi(`AllowedHostsOriginValidator(${stack})`),
      "settings/dev.py": 'DEBUG = True\nALLOWED_HOSTS = ["localhost", "*"]\n',
      "settings/prod.py": named,
    },
    "WSO262 settings/dev.py:2",
  ),
  site(
    "django-cors-headers beside sockets that are open",
    {
      "asgi.py": asgi(stack),
      "settings.py": 'INSTALLED_APPS = ["corsheaders"]\nCORS_ALLOWED_ORIGINS = ["https://app.example.com"]\n',
    },
    "WSO260 asgi.py:7",
    "WSO265 settings.py:2",
  ),
  site("django-cors-headers beside OriginValidator", {
    "asgi.py": asgi(`OriginValidator(${stack}, ["https://app.example.com"])`),
    "settings.py": 'CORS_ALLOWED_ORIGINS = ["https://app.example.com"]\n',
  }),
  site("one list for CORS and for sockets", {
    "asgi.py": asgi(`OriginValidator(${stack}, settings.CORS_ALLOWED_ORIGINS)`),
    "settings.py": 'CORS_ALLOWED_ORIGINS = ["https://app.example.com"]\n',
  }),
  site(
    "the application in a variable",
    { "asgi.py": `${imports}sockets = ${stack}\napplication = ProtocolTypeRouter({"websocket": sockets})\n` },
    "WSO260 asgi.py:6",
  ),
  site("the application guarded in a variable", {
    "asgi.py": `${imports}sockets = OriginValidator(${stack}, ["https://app.example.com"])\napplication = ProtocolTypeRouter({"websocket": sockets})\n`,
  }),
  site("the application guarded in another module", {
    "chat/sockets.py": `${imports}sockets = OriginValidator(${stack}, ["https://app.example.com"])\n`,
    "site/asgi.py": `${imports}from chat.sockets import sockets\napplication = ProtocolTypeRouter({"websocket": sockets})\n`,
  }),
  site("middleware of its own that reads the header", {
    "chat/gate.py":
      'class Gate:\n    async def __call__(self, scope, receive, send):\n        if dict(scope["headers"]).get(b"origin") != b"https://app.example.com": return await deny()\n',
    "asgi.py": `from chat.gate import Gate\n${asgi(`Gate(${stack})`)}`,
  }),
  site(
    "middleware of its own that reads a token only",
    {
      "chat/gate.py":
        'class Gate:  # websocket\n    async def __call__(self, scope, receive, send):\n        scope["user"] = await user(scope["query_string"])\n',
      "asgi.py": `from chat.gate import Gate\n${asgi(`Gate(${stack})`)}`,
    },
    "WSO260 asgi.py:8",
  ),
  site("a consumer that reads the header", {
    "asgi.py": asgi(stack),
    "chat/consumers.py":
      'class Chat(AsyncWebsocketConsumer):\n    async def connect(self):\n        headers = dict(self.scope["headers"])\n        if headers.get(b"origin") == b"https://app.example.com": await self.accept()\n',
  }),
  site("the router that ASGI_APPLICATION does not name", {
    "old/routing.py": asgi(stack),
    "site/asgi.py": asgi(`OriginValidator(${stack}, ["https://app.example.com"])`),
    "site/settings.py": 'ASGI_APPLICATION = "site.asgi.application"\n',
  }),
  site(
    "the router that ASGI_APPLICATION names",
    {
      "old/routing.py": asgi(`OriginValidator(${stack}, ["https://app.example.com"])`),
      "site/asgi.py": asgi(stack),
      "site/settings.py": 'ASGI_APPLICATION = "site.asgi.application"\n',
    },
    "WSO260 site/asgi.py:7",
  ),
  site("a finding that a comment explains", {
    "asgi.py": asgi(`  # wsorigin-ignore WSO260: public feed\n    ${stack}`).replace(
      '"websocket":  ',
      '"websocket":\n  ',
    ),
  }),
  site("what an installed package has", { "venv/lib/site-packages/x/asgi.py": asgi(stack), "app.py": "x = 1\n" }),
  site("what is in comments and strings", {
    "asgi.py":
      '# application = ProtocolTypeRouter({"websocket": URLRouter(urls)})\ntext = """ProtocolTypeRouter({"websocket": URLRouter(urls)})"""\n',
  }),
];
