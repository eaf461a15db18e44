import type { Check, Raw } from "../check.ts";
import { optionOf } from "../../source/calls.ts";
import { ticketClient } from "../fix.ts";
import { withTls } from "../rewrites.ts";
import type { Module } from "../../source/module.ts";
import { bare, type CallNode, isA, isCall, methodOf, type Node, textOf } from "../../source/nodes.ts";

/** What opens sockets: without TLS, with tokens in URLs, to whoever answers. */
export const checkClients: Check = function* checkClients(module) {
  yield* checkPlain(module);
  for (const call of module.calls) {
    const kind = clientKind(call, module);
    if (kind === undefined) continue;
    const [url] = call.arguments;
    if (kind === "websocket" && url !== undefined) yield* checkToken(call, url, module);
    yield* checkCertificate(call, module);
  }
};

function clientKind(call: CallNode, module: Module): "websocket" | "socket.io" | undefined {
  if (isA(call, "NewExpression") && module.isGlobal(call.callee, "WebSocket")) return "websocket";
  const exported = module.exported(call.callee);
  if (exported === undefined) return undefined;
  if (exported.from === "socket.io-client") return "socket.io";
  if (!isA(call, "NewExpression")) return undefined;
  const named = /^(?:ws|isomorphic-ws)$/.test(exported.from) && /^(?:WebSocket)?$/.test(exported.name);
  const other =
    /^(?:reconnecting-websocket|partysocket\/ws)$/.test(exported.from) && /^(?:WebSocket)?$/.test(exported.name);
  return named || other || (exported.from === "websocket" && exported.name === "w3cwebsocket")
    ? "websocket"
    : undefined;
}

function* checkPlain(module: Module): Iterable<Raw> {
  for (const node of module.nodes) {
    const text = isA(node, "StringLiteral")
      ? node.value
      : isA(node, "TemplateLiteral")
        ? node.quasis.map(({ value }) => value.cooked ?? "").join("\u0000")
        : "";
    const host = /^ws:\/\/(?:[^/?#@\s\0]*@)?(\[[0-9a-f:.]+\]|[^/?#:\s\0]+)(?=[/?#:]|$)/i.exec(text)?.[1];
    if (host === undefined || isNear(host) || isA(module.parent(node), "TSLiteralType", "ImportDeclaration")) continue;
    const written = module.source.slice(node.start ?? 0, node.end ?? 0);
    yield {
      rule: "plainSocket",
      module,
      node,
      fix: [written.replace(/^(["'`])ws:/i, "$1wss:").split("\n", 1)[0] ?? ""],
      change: withTls(node),
    };
  }
}

/** Loopback, private networks, names that only exist inside one, and those that stand for others. */
function isNear(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (!name.includes(".") && !name.startsWith("[")) return true;
  if (/[^a-z0-9.:[\]_-]/.test(name)) return true;
  if (
    /^(?:127\.|10\.|192\.168\.|169\.254\.|0\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
      name,
    )
  )
    return /^[\d.]+$/.test(name);
  if (/^\[(?:::1?|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*|::ffff:127\..*)\]$/.test(name)) return true;
  if (/(?:^|\.)(?:my|your)[-_]?(?:app|domain|host|server|site|website)\b/.test(name)) return true;
  if (/(?:^|\.)example\.(?:com|org|net|edu)$/.test(name)) return true;
  return /\.(?:localhost|local|internal|lan|home|corp|intranet|private|home\.arpa|test|example|invalid|svc|cluster\.local|consul|docker|onion)$/.test(
    name,
  );
}

const secret =
  /[?&](token|access_?token|auth_?token|id_?token|refresh_?token|jwt|auth|authorization|bearer|api_?key|session|session_?id|sid|password|secret)=(.?)/gi;
const secretName =
  /^(?:token|access_?token|auth_?token|id_?token|refresh_?token|jwt|auth|authorization|bearer|api_?key|session|session_?id|sid|password|secret)$/i;

function* checkToken(call: CallNode, url: Node, module: Module): Iterable<Raw> {
  const pieces = piecesOf(url, module, 0);
  const text = pieces.map((piece) => (typeof piece === "string" ? piece : "\u0000")).join("");
  const values = pieces.filter((piece) => typeof piece !== "string");
  for (const match of text.matchAll(secret)) {
    const sign = match[2] ?? "";
    if (sign === "" || sign === "&" || sign === "#") continue;
    if (sign === "\u0000") {
      const before = text.slice(0, match.index + match[0].length).split("\u0000").length - 2;
      const value = values[before];
      if (value !== undefined && isTicket(value, module)) continue;
    }
    yield { rule: "tokenInUrl", module, node: call, fix: ticketClient(addressOf(text)) };
    return;
  }
  if (setsSecret(url, module)) yield { rule: "tokenInUrl", module, node: call, fix: ticketClient(addressOf(text)) };
}

/** The part of a URL before its query, where all of it is known and it has TLS. */
function addressOf(text: string): string {
  const address = text.split("?", 1)[0] ?? "";
  return /^wss:\/\/[^\0\s`$\\]+$/.test(address) ? address : "wss://app.example.com/chat";
}

function isTicket(value: Node, module: Module): boolean {
  return /ticket/i.test(module.source.slice(value.start ?? 0, value.end ?? 0));
}

/** A text, taken apart into what is fixed and what is not. */
function piecesOf(node: Node, module: Module, depth: number): (string | Node)[] {
  if (depth > 8) return [node];
  const { root, members } = module.trace(node);
  if (members.length > 0) return [node];
  const inner = bare(root);
  const text = textOf(inner);
  if (text !== undefined) return [text];
  if (isA(inner, "TemplateLiteral"))
    return inner.quasis.flatMap(({ value }, index) => {
      const expression = inner.expressions[index];
      return expression === undefined
        ? [value.cooked ?? ""]
        : [value.cooked ?? "", ...inline(expression, module, depth)];
    });
  if (isA(inner, "BinaryExpression") && inner.operator === "+")
    return [...inline(inner.left, module, depth), ...inline(inner.right, module, depth)];
  if (isA(inner, "NewExpression") && module.isGlobal(inner.callee, "URL") && inner.arguments[0] !== undefined)
    return piecesOf(inner.arguments[0], module, depth + 1);
  if (isCall(inner) && /^(?:toString)$/.test(methodOf(inner)?.name ?? "")) {
    const object = methodOf(inner)?.object;
    if (object !== undefined) return piecesOf(object, module, depth + 1);
  }
  return [node];
}

/** A value within a text: the name that it is written with says more than where it comes from. */
function inline(node: Node, module: Module, depth: number): (string | Node)[] {
  const pieces = piecesOf(node, module, depth + 1);
  return pieces.every((piece) => typeof piece === "string") || pieces.length > 1 ? pieces : [node];
}

/** `url.searchParams.set("token", ...)`, before the socket. */
function setsSecret(url: Node, module: Module): boolean {
  const inner = bare(url);
  const name = isA(inner, "Identifier") ? inner : nameObject(inner);
  if (name === undefined) return false;
  return module.calls.some((call) => {
    const method = methodOf(call);
    if (
      method === undefined ||
      !/^(?:set|append)$/.test(method.name) ||
      !secretName.test(textOf(call.arguments[0]) ?? "")
    )
      return false;
    const value = call.arguments[1];
    if (value === undefined || isTicket(value, module)) return false;
    const params = module.trace(method.object);
    return params.members.at(-1) === "searchParams" && params.root === module.trace(name).root;
  });
}

/** `url` of `url.href` and `url.toString()`. */
function nameObject(node: Node): Extract<Node, { type: "Identifier" }> | undefined {
  const object = isCall(node) ? methodOf(node)?.object : isA(node, "MemberExpression") ? node.object : undefined;
  return isA(object, "Identifier") ? object : undefined;
}

function* checkCertificate(call: CallNode, module: Module): Iterable<Raw> {
  const [url] = call.arguments;
  const address = url === undefined ? undefined : textOf(module.trace(url).root);
  const host = /^\w+:\/\/([^/:?#]+)/.exec(address ?? "")?.[1];
  if (host !== undefined && /^(?:localhost|127\.[\d.]+)$/.test(host)) return;
  for (const argument of call.arguments.slice(1)) {
    const options = module.objectOf(argument);
    const value = options === undefined ? undefined : optionOf(options, "rejectUnauthorized", module);
    if (!isA(value, "BooleanLiteral") || value.value) continue;
    yield {
      rule: "unverifiedTls",
      module,
      node: module.parent(value) ?? call,
      fix: [
        'import { readFileSync } from "node:fs";',
        "",
        'ca: readFileSync("authority.pem"), // instead of rejectUnauthorized: false',
      ],
    };
  }
}
