import type { Line } from "../checker.ts";
import { get, leaf, type Node } from "../tree.ts";

/** The configurations that the labels of each service, and the arguments of Traefik itself, make. */
export function labelsIn(root: Node): readonly Node[] {
  return [...(get(root, "services")?.map.values() ?? [])].flatMap((service) => {
    const labels = get(service, "labels") ?? get(service, "deploy", "labels");
    const command = get(service, "command");
    const words = [
      ...(labels?.list ?? []).map(pairOf),
      ...[...(labels?.map ?? [])].map(([name, node]) => ({ name, value: node.value ?? "", at: node })),
    ]
      .filter(({ name }) => name.startsWith("traefik."))
      .map(({ name, value, at }) => ({ name: name.slice("traefik.".length), value, at }));
    const args = (command?.list ?? [])
      .filter(({ value }) => value?.startsWith("--") === true)
      .map(pairOf)
      .map(({ name, value, at }) => ({ name: name.slice(2), value, at }));
    const all = words.concat(args);
    return all.length === 0 ? [] : [treeOf(all, service)];
  });
}

interface Pair {
  readonly name: string;
  readonly value: string;
  readonly at: Line;
}

function pairOf(node: Node): Pair {
  const text = node.value ?? "";
  const at = text.indexOf("=");
  return at === -1
    ? { name: text, value: "true", at: node }
    : { name: text.slice(0, at), value: text.slice(at + 1), at: node };
}

interface Branch {
  readonly children: Map<string, Branch>;
  pair: Pair | undefined;
}

/** `http.middlewares.x.headers.customrequestheaders.Origin` and its kind as nested maps. */
function treeOf(pairs: readonly Pair[], at: Line): Node {
  const root: Branch = { children: new Map(), pair: undefined };
  for (const pair of pairs) {
    let branch = root;
    for (const name of pair.name.split(".").slice(0, 16)) {
      const next = branch.children.get(name) ?? { children: new Map<string, Branch>(), pair: undefined };
      branch.children.set(name, next);
      branch = next;
    }
    branch.pair = pair;
  }
  return nodeOf(root, at);
}

function nodeOf({ children, pair }: Branch, at: Line): Node {
  const own = pair?.at ?? at;
  if (children.size === 0) return leaf(pair?.value, own);
  const map = new Map([...children].map(([name, child]) => [name, nodeOf(child, own)] as const));
  const first = [...map.values()][0] ?? own;
  return { value: pair?.value, map, list: [], line: pair?.at.line ?? first.line, text: pair?.at.text ?? first.text };
}
