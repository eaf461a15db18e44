import { methodOf, bare, isA, isCall, type Node } from "../source/nodes.ts";
import { listedOrigins } from "../source/listed-origins.ts";
import type { Module } from "../source/module.ts";
import type { Rewrite } from "./check.ts";

function policyOf(module: Module): { readonly name: string; readonly end: number } | undefined {
  for (const call of module.calls) {
    const declared = module.parent(call);
    const callee = module.exported(call.callee);
    if (callee?.from.startsWith("@wsorigin/") !== true || callee.name !== "createPolicy") continue;
    if (isA(declared, "VariableDeclarator") && isA(declared.id, "Identifier") && module.enclosing(call) === undefined)
      return { name: declared.id.name, end: call.end ?? 0 };
  }
  return undefined;
}

function topOf(node: Node, module: Module): Node {
  return (
    module.statements().find((each) => (each.start ?? 0) <= (node.start ?? 0) && (each.end ?? 0) >= (node.end ?? 0)) ??
    node
  );
}

function listOf(origins: readonly string[]): string {
  return origins.map((origin) => JSON.stringify(origin)).join(", ");
}

/** Compares a whole origin, by a policy of its own, in the place of a comparison of a part. */
export function asksPolicy(comparison: Node, origin: Node, entries: readonly string[], module: Module): Rewrite {
  return {
    key: `compare ${comparison.start}`,
    make: (edit) => {
      const name = edit.freeName("originPolicy");
      edit.import("@wsorigin/node", "createPolicy");
      edit.before(topOf(comparison, module), [`const ${name} = createPolicy({ origins: [${listOf(entries)}] });`]);
      edit.replace(comparison, `${name}.allowsOrigin(${edit.textOf(origin)})`);
    },
  };
}

/** `origin.toLowerCase()` becomes `origin`, which browsers send in lower case. What is compared in upper case would match nothing then. */
export function asItCame(folded: Node): Rewrite | undefined {
  const call = bare(folded);
  const method = isCall(call) ? methodOf(call) : undefined;
  if (method === undefined || !method.name.endsWith("LowerCase")) return undefined;
  const { object } = method;
  return { key: `fold ${call.start}`, make: (edit) => edit.remove(object.end ?? 0, call.end ?? 0), safe: true };
}

/** `/^...$/g` becomes `/^...$/`, where the pattern is used for nothing but `test()`. */
export function withoutState(test: Node, module: Module): Rewrite | undefined {
  const pattern = isCall(test) ? methodOf(test)?.object : undefined;
  if (!isA(pattern, "Identifier")) return undefined;
  const { root, members } = module.trace(pattern);
  const uses = module.references(pattern);
  const tested = uses.every((use) => {
    const member = module.parent(use);
    const call = member === undefined ? undefined : module.parent(member);
    return isCall(call) && call.callee === member && methodOf(call)?.name === "test";
  });
  if (!tested || members.length > 0 || !isA(root, "RegExpLiteral") || module.of(root) !== module) return undefined;
  const flags = (root.end ?? 0) - root.flags.length;
  return {
    key: `state ${root.start}`,
    make: (edit) => {
      for (const { index } of root.flags.matchAll(/[gy]/g)) edit.remove(flags + index, flags + index + 1);
    },
    safe: true,
  };
}

/** `"ws://..."` becomes `"wss://..."`. */
export function withTls(text: Node): Rewrite {
  return { key: `tls ${text.start}`, make: (edit) => edit.insert((text.start ?? 0) + 3, "s") };
}

/** CORS gets the list of the policy that stands in the same file. */
export function withPolicyList(property: Node, adapter: string, module: Module): Rewrite | undefined {
  const policy = policyOf(module);
  // What is declared below cannot be used above.
  if (policy === undefined || policy.end > (property.start ?? 0) || !isA(property, "ObjectProperty")) return undefined;
  return {
    key: `list ${property.start}`,
    make: (edit) => {
      edit.import(adapter, "corsOptions");
      edit.replace(property, `...corsOptions(${policy.name})`);
    },
  };
}

/** A guard behind the statement that makes the server, where the file lists its origins. */
export function guards(server: Node, module: Module): Rewrite | undefined {
  const made = module.serverOf(server);
  const origins = listedOrigins(module);
  const existing = policyOf(module);
  const declared = made === undefined ? undefined : module.parent(made);
  if (made === undefined || module.of(made) !== module || module.enclosing(made) !== undefined) return undefined;
  if (!isA(declared, "VariableDeclarator") || !isA(declared.id, "Identifier")) return undefined;
  if (existing === undefined ? origins.length === 0 : existing.end > (topOf(made, module).end ?? 0)) return undefined;
  const { name } = declared.id;
  return {
    key: `guard ${made.start}`,
    make: (edit) => {
      const policy = existing?.name ?? edit.freeName("policy", "socketPolicy");
      edit.import("@wsorigin/node", ...(existing === undefined ? ["createPolicy", "guard"] : ["guard"]));
      const lines =
        existing === undefined ? [`const ${policy} = createPolicy({ origins: [${listOf(origins)}] });`] : [];
      const option = policy === "policy" ? "policy" : `policy: ${policy}`;
      edit.after(topOf(made, module), [...lines, `guard(${name}, { ${option} });`]);
    },
  };
}
