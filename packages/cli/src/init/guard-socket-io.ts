import { hasHidden, optionOf } from "../source/calls.ts";
import { isA, nameOf, type Node, type ObjectNode } from "../source/nodes.ts";
import type { Edits } from "./edits.ts";
import type { Socket } from "./sockets.ts";

/** The names under which the gate and the policy are in sight. */
interface Names {
  readonly gate: string;
  readonly policy: string;
}

/** Has Socket.IO ask the gate about polling requests, and takes CORS from the policy. */
export function guardSocketIo({ call, module }: Socket, { gate, policy }: Names, edits: Edits): void {
  const edit = edits.of(module);
  const allow = `allowRequest: ${gate}.allowRequest`;
  const [first, second] = call.arguments;
  const written = isA(second, "ObjectExpression") ? second : isA(first, "ObjectExpression") ? first : undefined;
  if (written === undefined) {
    if (second !== undefined) edit.replace(second, `{ ...${edit.textOf(second)}, ${allow} }`);
    else if (first !== undefined) edit.insert(first.end ?? 0, `, { ${allow} }`);
    return;
  }
  if (optionOf(written, "allowRequest", module) !== undefined || hasHidden(written, module))
    edits.notes.push(
      `${module.file}: Socket.IO has an allowRequest of its own. WebSockets are guarded; for its polling transport pass ${gate}.allowRequest, or call it from yours.`,
    );
  else edits.addProperty(module, written, allow);
  shareCors(written, policy, module, edits);
}

/** `cors.origin` that is written right there becomes the policy's. A list with a name may have other uses, and stays. */
function shareCors(options: ObjectNode, policy: string, module: Socket["module"], edits: Edits): void {
  const cors = optionOf(options, "cors", module);
  if (!isA(cors, "ObjectExpression")) return;
  const property = cors.properties.find((each) => !isA(each, "SpreadElement") && nameOf(each.key) === "origin");
  if (!isA(property, "ObjectProperty") || isName(property.value)) return;
  edits.of(module).replace(property.value, `(origin, callback) => callback(null, ${policy}.allowsOrigin(origin))`);
}

function isName(node: Node): boolean {
  return isA(node, "Identifier");
}
