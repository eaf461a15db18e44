import {
  bare,
  type CallNode,
  type Comment,
  homeOf,
  type FunctionNode,
  isA,
  isCall,
  isFunction,
  isMember,
  keyOf,
  methodOf,
  type Maybe,
  nameOf,
  type Node,
  type NodeOf,
  type ObjectNode,
  propertyOf,
  type ScopeOf,
  settle,
  textOf,
  within,
} from "./nodes.ts";
import { membersIn, plain, requiredBy } from "./imports.ts";
import { exportOf, type Links } from "./links.ts";
import { ClassMembers, type ClassNode } from "./class-members.ts";

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

/** Numbers of what servers are identified by, the same in every script. */
const ids = new WeakMap<Node, number>();
let lastId = 0;

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
  readonly #classes: ClassMembers;
  readonly #same = new Map<string, string>();

  constructor({ file, source, nodes, parents, scopes, comments }: ModuleParts) {
    this.file = file;
    this.source = source;
    this.nodes = nodes;
    this.comments = comments;
    this.#parents = parents;
    this.#scopes = scopes;
    this.#classes = new ClassMembers(nodes, (node) => this.#classOf(node));
    for (const node of nodes) settle(node, this);
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

  /** Has names followed into the other scripts of the project. */
  link(links: Links): void {
    this.#links = links;
  }

  #links: Links | undefined;

  /** The script that a node is of: this one, unless a name was followed into another. */
  of(node: Node): Module {
    const home = homeOf(node);
    return home instanceof Module ? home : this;
  }

  parent(node: Node): Node | undefined {
    return this.#parents.get(node) ?? (this.of(node) === this ? undefined : this.of(node).parent(node));
  }

  /** How a node is written. */
  textAt(node: Node): string {
    return this.of(node).source.slice(node.start ?? 0, node.end ?? 0);
  }

  /** The statements that stand in no other. */
  statements(): readonly Node[] {
    return this.ofType("Program")[0]?.body ?? [];
  }

  /** The calls within a node, of whatever script it is. */
  callsIn(outer: Node): CallNode[] {
    return this.of(outer).calls.filter((call) => within(call, outer));
  }

  /** The nodes within a node, of whatever script it is. */
  nodesIn(outer: Node): Node[] {
    return this.of(outer).nodes.filter((node) => within(node, outer));
  }

  /** The innermost function around a node. */
  enclosing(node: Node): FunctionNode | undefined {
    for (let outer = this.parent(node); outer !== undefined; outer = this.parent(outer))
      if (isFunction(outer)) return outer;
    return undefined;
  }

  ofType<Type extends Node["type"]>(...types: readonly Type[]): NodeOf<Type>[] {
    const key = types.join(" ");
    const known = this.#byType.get(key);
    const found = (known ?? this.nodes).filter((node) => isA(node, ...types));
    if (known === undefined) this.#byType.set(key, found);
    return found;
  }

  readonly #byType = new Map<string, readonly Node[]>();

  /** What a function gives back: of `return` statements and of an arrow's body. */
  results(fn: FunctionNode): readonly Node[] {
    return isA(fn.body, "BlockStatement") ? (this.of(fn).#returned().get(fn) ?? []) : [fn.body];
  }

  /** What each function of this script returns in statements. Asked for again and again while names are followed. */
  #returned(): ReadonlyMap<Node, readonly Node[]> {
    if (this.#returns !== undefined) return this.#returns;
    const returns = new Map<Node, Node[]>();
    for (const statement of this.ofType("ReturnStatement")) {
      const fn = this.enclosing(statement);
      const { argument } = statement;
      if (fn === undefined || argument === null || argument === undefined) continue;
      returns.set(fn, [...(returns.get(fn) ?? []), argument]);
    }
    this.#returns = returns;
    return returns;
  }

  #returns: ReadonlyMap<Node, readonly Node[]> | undefined;

  /** Follows names, members and destructuring to where a value comes from. Stops at what it cannot tell. */
  trace(node: Node, depth = 0): Traced {
    const home = this.of(node);
    if (home !== this) return home.trace(node, depth);
    const inner = bare(node);
    if (depth > deepest) return { root: inner, members: [] };
    if (isA(inner, "Identifier")) return this.#follow(this.#traceName(inner, depth), depth);
    if (isA(inner, "AssignmentExpression") && inner.operator === "=") return this.trace(inner.right, depth + 1);
    if (isA(inner, "ThisExpression")) return { root: this.#classOf(inner) ?? inner, members: [] };
    if (!isMember(inner)) return this.#follow({ root: inner, members: [] }, depth);
    const name = keyOf(inner.property, inner.computed) ?? textOf(this.trace(inner.property, depth + 1).root);
    if (name === undefined) return { root: inner, members: [] };
    if (isA(inner.object, "ThisExpression")) {
      const owner = this.#classOf(inner);
      return owner === undefined
        ? { root: inner, members: [] }
        : this.#descend({ root: owner, members: [name] }, depth);
    }
    const object = this.trace(inner.object, depth + 1);
    const found = this.#descend({ root: object.root, members: [...object.members, name] }, depth);
    return found.root === object.root ? this.#follow(found, depth + 1) : found;
  }

  /** Goes on in the script that something is imported from, if it is one of the project. */
  #follow(traced: Traced, depth: number): Traced {
    const home = this.of(traced.root);
    if (home !== this) return depth > deepest ? traced : home.#follow(traced, depth + 1);
    const links = this.#links;
    const found = links === undefined || depth > deepest ? undefined : this.#imported(traced.root);
    if (links === undefined || found?.relative === undefined) return traced;
    const [first = "default", ...rest] = [...found.members, ...traced.members];
    for (const other of links(this.file, found.relative)) {
      const value = exportOf(other, first, links);
      if (value !== undefined) return this.#into(other, value, rest, depth);
      // `require()` gives all that `module.exports` is.
      const whole = isA(traced.root, "ImportSpecifier") ? undefined : exportOf(other, "default", links);
      if (whole !== undefined && first !== "default") return this.#into(other, whole, [first, ...rest], depth);
    }
    return traced;
  }

  #into(other: Module, value: Node, members: readonly string[], depth: number): Traced {
    if (isFunction(value)) return { root: value, members };
    const inner = other.trace(value, depth + 1);
    return this.#descend({ root: inner.root, members: [...inner.members, ...members] }, depth + 1);
  }

  /** What of which package an expression is, whatever it is called here. */
  exported(node: Maybe): Exported | undefined {
    if (node === null || node === undefined) return undefined;
    const { root, members } = this.trace(node);
    const found = this.of(root).#imported(root);
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
    if (members.length > 0) return undefined;
    return isFunction(root) ? root : this.#functionFrom(root, 0);
  }

  /** `handler.bind(this)`, and a function that another one returns. */
  #functionFrom(root: Node, depth: number): FunctionNode | undefined {
    if (this.#links === undefined || depth > 4 || !isCall(root) || isA(root, "NewExpression")) return undefined;
    const method = methodOf(root);
    const value = method?.name === "bind" ? method.object : this.#resultOf(root);
    const inner = value === undefined ? undefined : this.trace(value);
    if (inner === undefined || inner.members.length > 0) return undefined;
    return isFunction(inner.root) ? inner.root : this.#functionFrom(inner.root, depth + 1);
  }

  /** What a call of a function of the project returns, where that is one thing only. */
  #resultOf(call: CallNode): Node | undefined {
    if (this.#links === undefined || isA(call, "NewExpression")) return undefined;
    const { root, members } = this.trace(call.callee);
    if (members.length > 0 || !isFunction(root)) return undefined;
    const results = this.results(root);
    return results.length === 1 ? results[0] : undefined;
  }

  objectOf(node: Maybe): ObjectNode | undefined {
    if (node === null || node === undefined) return undefined;
    const { root, members } = this.trace(node);
    if (members.length > 0) return undefined;
    if (isA(root, "ObjectExpression")) return root;
    const result = isCall(root) ? this.#resultOf(root) : undefined;
    const inner = result === undefined ? undefined : this.trace(result);
    return inner?.members.length === 0 && isA(inner.root, "ObjectExpression") ? inner.root : undefined;
  }

  /** What a function is called: by itself, as a method, or as the variable that holds it. */
  nameOf(fn: FunctionNode): string | undefined {
    if (isA(fn, "FunctionDeclaration", "FunctionExpression") && fn.id !== null && fn.id !== undefined)
      return fn.id.name;
    if (isA(fn, "ObjectMethod", "ClassMethod")) return keyOf(fn.key, fn.computed === true);
    const parent = this.parent(fn);
    if (isA(parent, "VariableDeclarator")) return nameOf(parent.id);
    if (isA(parent, "ObjectProperty", "ClassProperty")) return nameOf(parent.key);
    return isA(parent, "AssignmentExpression") ? nameOf(parent.left) : undefined;
  }

  /** Where else a variable is used that a node declares or reads. */
  references(name: NodeOf<"Identifier">): Node[] {
    return (this.of(name).#binding(name)?.referencePaths ?? []).map(({ node }) => node);
  }

  /** The path of the project's file that an expression begins with: of the function, or of the object whose method it is. */
  importedFile(node: Node, depth = 0): string | undefined {
    const inner = bare(node);
    const known = this.#imported(inner)?.relative;
    if (known !== undefined || depth > 8) return known;
    if (isMember(inner)) return this.importedFile(inner.object, depth + 1);
    if (isCall(inner)) return this.importedFile(inner.callee, depth + 1);
    if (!isA(inner, "Identifier")) return undefined;
    const declared = this.#binding(inner)?.path.node;
    if (declared === undefined) return undefined;
    if (isA(declared, "VariableDeclarator"))
      return declared.init === null || declared.init === undefined
        ? undefined
        : this.importedFile(declared.init, depth + 1);
    return this.#imported(declared)?.relative;
  }

  /** One text for one server or app, however it is reached. */
  identity(node: Node): { readonly key: string; readonly made: boolean } {
    const { root, members } = this.#throughChain(node, 0);
    const made = isCall(root);
    return { key: this.of(root).#find(this.#key(root, members)), made };
  }

  /** The call that makes a server of Node, where a server can be traced to it. */
  serverOf(node: Node): Node | undefined {
    const { root, members } = this.#throughChain(node, 0);
    if (members.length > 0 || !isCall(root)) return undefined;
    const made = this.exported(root.callee);
    return made !== undefined && isServer(made) ? root : undefined;
  }

  #key(root: Node, members: readonly string[]): string {
    const id = ids.get(root) ?? (lastId += 1);
    ids.set(root, id);
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
    const joins = made !== undefined && (isServer(made) || made.from === "express-ws" || made.from === "koa-websocket");
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
    const value = this.#member(traced.root, first, depth);
    if (value === undefined) return traced;
    if (isFunction(value)) return { root: value, members: rest };
    const inner = this.trace(value, depth + 1);
    return this.#descend({ root: inner.root, members: [...inner.members, ...rest] }, depth + 1);
  }

  #member(root: Node, name: string, depth: number): Node | undefined {
    if (isA(root, "ObjectExpression")) return propertyOf(root, name);
    if (isA(root, "ClassDeclaration", "ClassExpression")) return this.#classMember(root, name, depth);
    if (this.#links === undefined || depth > deepest) return undefined;
    const type = isA(root, "NewExpression") ? root.callee : typeOf(root);
    if (type !== undefined) {
      const owner = this.trace(type, depth + 1);
      if (owner.members.length > 0 || !isA(owner.root, "ClassDeclaration", "ClassExpression")) return undefined;
      return this.#classMember(owner.root, name, depth + 1);
    }
    const result = isCall(root) ? this.#resultOf(root) : undefined;
    const inner = result === undefined ? undefined : this.trace(result, depth + 1);
    return inner?.members.length === 0 ? this.#member(inner.root, name, depth + 1) : undefined;
  }

  #classMember(owner: ClassNode, name: string, depth: number): Node | undefined {
    const values = this.of(owner).#classes.of(owner).get(name);
    if (values !== undefined) return values.length === 1 ? values[0] : undefined;
    if (this.#links === undefined || owner.superClass === null || owner.superClass === undefined || depth > deepest)
      return undefined;
    const above = this.trace(owner.superClass, depth + 1);
    return above.members.length === 0 && isA(above.root, "ClassDeclaration", "ClassExpression")
      ? this.#classMember(above.root, name, depth + 1)
      : undefined;
  }

  #classOf(node: Node): ClassNode | undefined {
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

function isServer({ from, name }: Exported): boolean {
  return /^https?2?$/.test(from) && /^create(?:Secure)?Server$|^Server$/.test(name);
}

/** The name of the class that a parameter is declared to be of: `constructor(private guard: OriginGuard)`. */
function typeOf(parameter: Node): Node | undefined {
  const named = isA(parameter, "TSParameterProperty") ? parameter.parameter : parameter;
  const annotation = isA(named, "Identifier") ? named.typeAnnotation : undefined;
  const type = isA(annotation, "TSTypeAnnotation") ? annotation.typeAnnotation : undefined;
  return isA(type, "TSTypeReference") ? type.typeName : undefined;
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
