import { isCall, methodOf, nameOf } from "../source/nodes.ts";
import type { Edits } from "./edits.ts";
import { statementOf } from "./shape.ts";
import type { Socket } from "./sockets.ts";

const from = "@wsorigin/node";

/** `guard(app.getHttpServer(), { policy })` in front of `app.listen()`, and for Socket.IO an adapter that asks the gate. */
export function guardNest({ call, module, what }: Socket, edits: Edits): string | undefined {
  const isApp = (node: Parameters<typeof module.trace>[0]): boolean => module.trace(node).root === call;
  const methods = module.calls.flatMap((each) => {
    const method = methodOf(each);
    return method !== undefined && isApp(method.object) ? [{ call: each, ...method }] : [];
  });
  const listen = methods.find(({ name }) => name === "listen");
  const app = listen === undefined ? undefined : nameOf(listen.object);
  const statement = listen === undefined ? undefined : statementOf(listen.call, module);
  if (app === undefined || statement === undefined) return "no app.listen() was found in the file that creates the app";
  const adapter = methods.find(({ name }) => name === "useWebSocketAdapter")?.call.arguments[0];
  const io = what.endsWith("Socket.IO");
  const made = isCall(adapter) ? module.exported(adapter.callee)?.name : undefined;
  if (io && adapter !== undefined && made !== "IoAdapter")
    return "it has a WebSocket adapter of its own, which must pass gate.allowRequest to Socket.IO";
  const edit = edits.of(module);
  edits.import(module, from, "guard");
  const { name, lines } = edits.policy(module, from);
  const policy = name === "policy" ? "policy" : `policy: ${name}`;
  if (!io) {
    edit.before(statement, [...lines, `guard(${app}.getHttpServer(), { ${policy} });`]);
    return undefined;
  }
  const gate = edit.freeName("gate", "socketGate");
  const guarded = edit.freeName("GuardedIoAdapter");
  if (made !== "IoAdapter") edit.import("@nestjs/platform-socket.io", "IoAdapter");
  else if (adapter !== undefined) edit.removeLine(statementOf(adapter, module) ?? adapter);
  const typed = /\.[cm]?ts$/.test(module.file);
  edit.before(statement, [
    ...lines,
    `const ${gate} = guard(${app}.getHttpServer(), { ${policy} });`,
    `// Socket.IO asks the gate about its polling requests too.`,
    `class ${guarded} extends IoAdapter {`,
    typed
      ? '  override createIOServer(...[port, options]: Parameters<IoAdapter["createIOServer"]>) {'
      : "  createIOServer(port, options) {",
    `    return super.createIOServer(port, Object.assign({}, options, { allowRequest: ${gate}.allowRequest }));`,
    "  }",
    "}",
    `${app}.useWebSocketAdapter(new ${guarded}(${app}));`,
  ]);
  return undefined;
}
