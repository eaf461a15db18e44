import { isA, keyOf, type Node, type NodeOf } from "./nodes.ts";

export type ClassNode = NodeOf<"ClassDeclaration" | "ClassExpression">;

interface Write {
  readonly left: NodeOf<"MemberExpression">;
  readonly right: Node;
}

/** What the methods, fields and parameter properties of a script's classes are, and what is written to `this.name` in them. */
export class ClassMembers {
  readonly #nodes: readonly Node[];
  readonly #around: (node: Node) => ClassNode | undefined;
  readonly #classes = new Map<Node, Map<string, Node[]>>();
  #writes: Map<Node, Write[]> | undefined;

  constructor(nodes: readonly Node[], around: (node: Node) => ClassNode | undefined) {
    this.#nodes = nodes;
    this.#around = around;
  }

  of(owner: ClassNode): ReadonlyMap<string, readonly Node[]> {
    const known = this.#classes.get(owner);
    if (known !== undefined) return known;
    const members = new Map<string, Node[]>();
    const add = (name: string | undefined, value: Node): void => {
      if (name !== undefined) members.set(name, [...(members.get(name) ?? []), value]);
    };
    for (const member of owner.body.body) {
      if (isA(member, "ClassMethod", "ClassPrivateMethod")) {
        add(keyOf(member.key, "computed" in member && member.computed === true), member);
        for (const parameter of member.params)
          if (isA(parameter, "TSParameterProperty") && isA(parameter.parameter, "Identifier"))
            add(parameter.parameter.name, parameter.parameter);
      }
      if (isA(member, "ClassProperty", "ClassPrivateProperty") && member.value !== null && member.value !== undefined)
        add(keyOf(member.key, "computed" in member && member.computed === true), member.value);
    }
    for (const { left, right } of this.#written(owner)) add(keyOf(left.property, left.computed), right);
    this.#classes.set(owner, members);
    return members;
  }

  /** What is written to `this.name` within a class. */
  #written(owner: Node): readonly Write[] {
    if (this.#writes === undefined) {
      this.#writes = new Map();
      for (const node of this.#nodes) {
        if (!isA(node, "AssignmentExpression") || isA(node.right, "NullLiteral")) continue;
        const { left, right } = node;
        if (!isA(left, "MemberExpression") || !isA(left.object, "ThisExpression")) continue;
        const around = this.#around(node);
        if (around !== undefined) this.#writes.set(around, [...(this.#writes.get(around) ?? []), { left, right }]);
      }
    }
    return this.#writes.get(owner) ?? [];
  }
}
