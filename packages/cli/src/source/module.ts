import {
  bare,
  type CallNode,
  type Comment,
  type FunctionNode,
  isA,
  isCall,
  isFunction,
  isMember,
  keyOf,
  methodOf,
  type Maybe,
  type Node,
  type NodeOf,
  type ObjectNode,
  propertyOf,
  resultsOf,
  type ScopeOf,
  textOf,
} from "./nodes.ts";

/** Where a value comes from, and what was then read from it: `{ app } = expressWs(x)` is the call and `app`. */
export interface Traced {
  readonly root: Node;
  readonly members: readonly string[];
}

/** What a package exports: `name` is empty for the module itself, and for its default export. */
export interface Exported {
  readonly from: string;
  readonly name: string;
}

export interface ModuleParts {
  readonly file: string;
  readonly source: string;
  /** In the order of the source. */
  readonly nodes: readonly Node[];
  readonly parents: ReadonlyMap<Node, Node>;
  readonly scopes: ReadonlyMap<Node, ScopeOf>;
  readonly comments: readonly Comment[];
}

const deepest = 24;

/** One script, with what its names stand for. */
export class Module {
  readonly file: string;
  readonly source: string;
  readonly nodes: readonly Node[];
  readonly comments: readonly Comment[];
  readonly calls: readonly CallNode[];
  readonly lines: readonly string[];
  /** Packages that it imports anything from, with subpaths. */
  readonly packages: ReadonlySet<string>;
  readonly #parents: ReadonlyMap<Node, Node>;
  readonly #scopes: ReadonlyMap<Node, ScopeOf>;
  readonly #ids = new Map<Node, number>();
  readonly #same = new Map<string, string>();

  constructor({ file, source, nodes, parents, scopes, comments }: ModuleParts) {
    this.file = file;
    this.source = source;
    this.nodes = nodes;
    this.comments = comments;
    this.#parents = parents;
    this.#scopes = scopes;
    this.calls = nodes.filter((node) => isCall(node));
    this.lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
    this.packages = new Set(
      nodes.flatMap((node) => {
        if (isA(node, "ImportDeclaration")) return node.importKind === "type" ? [] : [plain(node.source.value)];
        const source = requiredBy(node);
        return source === undefined ? [] : [source];
      }),
    );
    for (const call of this.calls) this.#relate(call);
  }

  parent(node: Node): Node | undefined {
    return this.#parents.get(node);
  }

  /** The innermost function around a node. */
  enclosing(node: Node): FunctionNode | undefined {
    for (let outer = this.parent(node); outer !== undefined; outer = this.parent(outer))
      if (isFunction(outer)) return outer;
    return undefined;
  }

  ofType<Type extends Node["type"]>(...types: readonly Type[]): NodeOf<Type>[] {
    return this.nodes.filter((node) => isA(node, ...types));
  }

  results(fn: FunctionNode): Node[] {
    return resultsOf(fn, this.nodes, (node) => this.enclosing(node));
  }

  /** Follows names, members and destructuring to where a value comes from. Stops at what it cannot tell. */
  trace(node: Node, depth = 0): Traced {
    const inner = bare(node);
    if (depth > deepest) return { root: inner, members: [] };
    if (isA(inner, "Identifier")) return this.#traceName(inner, depth);
    if (isA(inner, "AssignmentExpression") && inner.operator === "=") return this.trace(inner.right, depth + 1);
    if (!isMember(inner)) return { root: inner, members: [] };
    const name = keyOf(inner.property, inner.computed);
    if (name === undefined) return { root: inner, members: [] };
    if (isA(inner.object, "ThisExpression")) {
      const owner = this.#classOf(inner);
      return owner === undefined
        ? { root: inner, members: [] }
        : this.#descend({ root: owner, members: [name] }, depth);
    }
    const object = this.trace(inner.object, depth + 1);
    return this.#descend({ root: object.root, members: [...object.members, name] }, depth);
  }

  /** What of which package an expression is, whatever it is called here. */
  exported(node: Maybe): Exported | undefined {
    if (node === null || node === undefined) return undefined;
    const { root, members } = this.trace(node);
    const found = this.#imported(root);
    if (found === undefined) return undefined;
    return { from: found.from, name: [...found.members, ...members].filter((name) => name !== "default").join(".") };
  }

  isGlobal(node: Node, name: string): boolean {
    const inner = bare(node);
    if (isMember(inner) && isA(inner.object, "Identifier") && /^(?:globalThis|window|self)$/.test(inner.object.name))
      return keyOf(inner.property, inner.computed) === name;
    return isA(inner, "Identifier") && inner.name === name && this.#binding(inner) === undefined;
  }

  /** A function, where an expression is one of this file. */
  functionOf(node: Maybe): FunctionNode | undefined {
    if (node === null || node === undefined) return undefined;
    if (isFunction(node)) return node;
    const { root, members } = this.trace(node);
    return members.length === 0 && isFunction(root) ? root : undefined;
  }

  objectOf(node: Maybe): ObjectNode | undefined {
    if (node === null || node === undefined) return undefined;
    const { root, members } = this.trace(node);
    return members.length === 0 && isA(root, "ObjectExpression") ? root : undefined;
  }

  /** Where else a variable is used that a node declares or reads. */
  references(name: NodeOf<"Identifier">): Node[] {
    return (this.#binding(name)?.referencePaths ?? []).map(({ node }) => node);
  }

  /** Where the import comes from that an expression was imported by, where that is a file of the project. */
  importedFile(node: Node): string | undefined {
    const found = this.#imported(this.trace(node).root);
    return found?.relative;
  }

  /** One text for one server or app, however it is reached. */
  identity(node: Node): { readonly key: string; readonly made: boolean } {
    const { root, members } = this.#throughChain(node, 0);
    const made = isCall(root);
    return { key: this.#find(this.#key(root, members)), made };
  }

  #key(root: Node, members: readonly string[]): string {
    const id = this.#ids.get(root) ?? this.#ids.size;
    this.#ids.set(root, id);
    const rest = members.filter((name) => !/^(?:server|httpServer|_server|app|raw|getWss)$/.test(name));
    return `${id}.${rest.join(".")}`;
  }

  /** `createServer(app).listen(3000)` is the server; `app.listen()` and `app.callback()` count as the app. */
  #throughChain(node: Node, depth: number): Traced {
    const traced = this.trace(node);
    if (depth > deepest || !isCall(traced.root)) return traced;
    const method = methodOf(traced.root);
    if (method === undefined || !passing.has(method.name)) return traced;
    if (this.exported(traced.root.callee) !== undefined) return traced;
    const object = this.#throughChain(method.object, depth + 1);
    return { root: object.root, members: [...object.members, ...traced.members] };
  }

  #find(key: string): string {
    let found = key;
    for (let next = this.#same.get(found); next !== undefined && next !== found; next = this.#same.get(found))
      found = next;
    return found;
  }

  #unite(first: Node, second: Node): void {
    const left = this.identity(first).key;
    const right = this.identity(second).key;
    if (left !== right) this.#same.set(left, right);
  }

  #relate(call: CallNode): void {
    const made = this.exported(call.callee);
    const joins =
      made !== undefined &&
      ((/^https?2?$/.test(made.from) && /^create(?:Secure)?Server$|^Server$/.test(made.name)) ||
        made.from === "express-ws" ||
        made.from === "koa-websocket");
    if (joins) for (const argument of call.arguments) if (!isFunction(argument)) this.#unite(call, argument);
    const method = methodOf(call);
    const [event, listener] = call.arguments;
    if (method?.name === "on" && textOf(event) === "request" && listener !== undefined && !isFunction(listener))
      this.#unite(method.object, listener);
  }

  #binding(name: NodeOf<"Identifier">): ReturnType<ScopeOf["getBinding"]> {
    return this.#scopes.get(name)?.getBinding(name.name);
  }

  #traceName(name: NodeOf<"Identifier">, depth: number): Traced {
    const binding = this.#binding(name);
    if (binding === undefined) return { root: name, members: [] };
    const { node } = binding.path;
    if (binding.kind === "param") {
      const members = membersIn(node, name.name) ?? [];
      return { root: node, members };
    }
    if (!isA(node, "VariableDeclarator")) return { root: node, members: [] };
    const members = membersIn(node.id, name.name);
    const empty = node.init === null || node.init === undefined || isA(node.init, "NullLiteral");
    const writes = binding.constantViolations.map((path) => path.node);
    if (members === undefined) return { root: binding.identifier, members: [] };
    if (writes.length === 0 && !empty && node.init !== null && node.init !== undefined) {
      const value = this.trace(node.init, depth + 1);
      return this.#descend({ root: value.root, members: [...value.members, ...members] }, depth);
    }
    const [write] = writes;
    if (empty && writes.length === 1 && isA(write, "AssignmentExpression") && isA(write.left, "Identifier"))
      return this.trace(write.right, depth + 1);
    return { root: binding.identifier, members: [] };
  }

  /** Goes into objects and classes as far as their members are known. */
  #descend(traced: Traced, depth: number): Traced {
    const [first, ...rest] = traced.members;
    if (first === undefined || depth > deepest) return traced;
    const value = this.#member(traced.root, first);
    if (value === undefined) return traced;
    if (isFunction(value)) return { root: value, members: rest };
    const inner = this.trace(value, depth + 1);
    return this.#descend({ root: inner.root, members: [...inner.members, ...rest] }, depth + 1);
  }

  #member(root: Node, name: string): Node | undefined {
    if (isA(root, "ObjectExpression")) return propertyOf(root, name);
    if (!isA(root, "ClassDeclaration", "ClassExpression")) return undefined;
    const values = this.#members(root).get(name);
    return values?.length === 1 ? values[0] : undefined;
  }

  readonly #classes = new Map<Node, Map<string, Node[]>>();

  /** What a class's methods and fields are, and what is written to `this.name` in it. */
  #members(owner: NodeOf<"ClassDeclaration" | "ClassExpression">): Map<string, Node[]> {
    const known = this.#classes.get(owner);
    if (known !== undefined) return known;
    const members = new Map<string, Node[]>();
    const add = (name: string | undefined, value: Node): void => {
      if (name !== undefined) members.set(name, [...(members.get(name) ?? []), value]);
    };
    for (const member of owner.body.body) {
      if (isA(member, "ClassMethod", "ClassPrivateMethod"))
        add(keyOf(member.key, "computed" in member && member.computed === true), member);
      if (isA(member, "ClassProperty", "ClassPrivateProperty") && member.value !== null && member.value !== undefined)
        add(keyOf(member.key, "computed" in member && member.computed === true), member.value);
    }
    for (const { left, right } of this.#written(owner)) add(keyOf(left.property, left.computed), right);
    this.#classes.set(owner, members);
    return members;
  }

  #writes: Map<Node, { readonly left: NodeOf<"MemberExpression">; readonly right: Node }[]> | undefined;

  /** What is written to `this.name` within a class. */
  #written(owner: Node): readonly { readonly left: NodeOf<"MemberExpression">; readonly right: Node }[] {
    if (this.#writes === undefined) {
      this.#writes = new Map();
      for (const node of this.nodes) {
        if (!isA(node, "AssignmentExpression") || isA(node.right, "NullLiteral")) continue;
        const { left, right } = node;
        if (!isA(left, "MemberExpression") || !isA(left.object, "ThisExpression")) continue;
        const around = this.#classOf(node);
        if (around !== undefined) this.#writes.set(around, [...(this.#writes.get(around) ?? []), { left, right }]);
      }
    }
    return this.#writes.get(owner) ?? [];
  }

  #classOf(node: Node): NodeOf<"ClassDeclaration" | "ClassExpression"> | undefined {
    for (let outer = this.parent(node); outer !== undefined; outer = this.parent(outer))
      if (isA(outer, "ClassDeclaration", "ClassExpression")) return outer;
    return undefined;
  }

  #imported(root: Node): { from: string; members: string[]; relative: string | undefined } | undefined {
    if (isA(root, "TSImportEqualsDeclaration")) {
      const { moduleReference } = root;
      if (!isA(moduleReference, "TSExternalModuleReference")) return undefined;
      const from = textOf(moduleReference.expression);
      return from === undefined ? undefined : { from: plain(from), members: [], relative: from };
    }
    const from = requiredBy(root);
    if (from !== undefined) return { from, members: [], relative: from };
    if (!isA(root, "ImportSpecifier", "ImportDefaultSpecifier", "ImportNamespaceSpecifier")) return undefined;
    const declaration = this.parent(root);
    if (!isA(declaration, "ImportDeclaration")) return undefined;
    const source = declaration.source.value;
    const members = isA(root, "ImportSpecifier") ? [keyOf(root.imported, false) ?? ""] : [];
    return { from: plain(source), members, relative: source };
  }
}

const passing = new Set([
  "listen",
  "callback",
  "getHttpServer",
  "getHttpAdapter",
  "getInstance",
  "on",
  "once",
  "use",
  "register",
  "withTypeProvider",
  "after",
  "ready",
]);

function plain(source: string): string {
  return source.replace(/^node:/, "");
}

function requiredBy(node: Node): string | undefined {
  if (isA(node, "ImportExpression")) return optionalPlain(textOf(node.source));
  if (!isA(node, "CallExpression") || !isA(node.callee, "Identifier") || node.callee.name !== "require")
    return undefined;
  return optionalPlain(textOf(node.arguments[0]));
}

function optionalPlain(source: string | undefined): string | undefined {
  return source === undefined ? undefined : plain(source);
}

/** How a name is reached in a pattern: `["headers", "origin"]` in `{ headers: { origin } }`. */
function membersIn(pattern: Node, name: string): string[] | undefined {
  if (isA(pattern, "Identifier")) return pattern.name === name ? [] : undefined;
  if (isA(pattern, "AssignmentPattern")) return membersIn(pattern.left, name);
  if (isA(pattern, "TSParameterProperty")) return membersIn(pattern.parameter, name);
  if (isA(pattern, "ArrayPattern")) {
    for (const [index, element] of pattern.elements.entries()) {
      if (element === null || isA(element, "RestElement")) continue;
      const inner = membersIn(element, name);
      if (inner !== undefined) return [`[${index}]`, ...inner];
    }
  }
  if (isA(pattern, "ObjectPattern")) {
    for (const property of pattern.properties) {
      if (isA(property, "RestElement")) continue;
      const inner = membersIn(property.value, name);
      const key = keyOf(property.key, property.computed);
      if (inner !== undefined && key !== undefined) return [key, ...inner];
    }
  }
  return undefined;
}
