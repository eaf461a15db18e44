import type { Finding } from "../../finding.ts";
import { type Checker, type Given, stepOf } from "../checker.ts";
import { get, type Node, readYaml, valueOf } from "../tree.ts";
import { checkHttpRoute, checkService, checkVirtualService } from "./gateway.ts";
import { checkIngress, ingressOf, isForSockets } from "./ingress.ts";

/** Checks manifests of Kubernetes: Ingress, the Gateway API, Services, and the kinds of Traefik and Istio. */
export const checkKubernetes: Checker = async (given) => {
  const { file, findings, steps, goOn } = given;
  const { roots, problems } = await readYaml(given, "kubectl apply --dry-run=client -f");
  findings.push(...problems);
  const objects = roots.flatMap((root) =>
    valueOf(root, "kind") === "List" ? (get(root, "items")?.list ?? []) : [root],
  );
  const ingresses = objects.filter((each) => valueOf(each, "kind") === "Ingress").map(ingressOf);
  const sure = ingresses.filter((each) => isForSockets(each, given.path));
  const usual = idleOfConfigMap(objects);
  let count = 0;
  const add = (object: Node, own: readonly Finding[]) => {
    count++;
    findings.push(...own);
    const name = `${valueOf(object, "kind") ?? ""} ${valueOf(object, "metadata", "name") ?? ""}`;
    steps.push(stepOf(name, `${file}:${object.line}`, own));
  };
  for (const ingress of sure.length > 0 || given.path !== undefined ? sure : ingresses) {
    await goOn();
    add(ingress.node, await checkIngress(given, ingress, usual));
  }
  for (const object of objects) {
    await goOn();
    const own = await checkObject(given, object);
    if (own !== undefined) add(object, own);
  }
  if (count > 0) return undefined;
  const what =
    given.path === undefined || ingresses.length === 0
      ? "no Ingress, HTTPRoute, or Middleware was found"
      : `no Ingress has a rule for ${given.path}`;
  steps.push({ name: "manifests", outcome: "skipped", detail: what });
  return "unread";
};

async function checkObject(given: Given, object: Node): Promise<readonly Finding[] | undefined> {
  const kind = valueOf(object, "kind") ?? "";
  const spec = get(object, "spec");
  if (kind === "HTTPRoute") return checkHttpRoute(given, object);
  if (kind === "VirtualService") return checkVirtualService(given, object);
  if (kind === "Service") return get(spec, "ports") === undefined ? undefined : checkService(given, object);
  if (kind !== "Middleware" && kind !== "IngressRoute") return undefined;
  return spec === undefined ? [] : (await import("../traefik/rules-of-tree.ts")).findingsIn(given, spec);
}

/** What a ConfigMap of ingress-nginx sets for all. */
function idleOfConfigMap(objects: readonly Node[]): string | undefined {
  return objects
    .filter((each) => valueOf(each, "kind") === "ConfigMap")
    .map((each) => valueOf(each, "data", "proxy-read-timeout"))
    .find((each) => each !== undefined);
}
