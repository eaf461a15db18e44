import { isIPv6 } from "node:net";

/**
 * The key under which an address is counted: an IPv4 address as it is (also where it comes as `::ffff:192.0.2.1`), the /64 of an IPv6 address,
 * since that much is one customer's to choose from.
 */
export function networkOf(ip: string): string {
  const plain = ip.split("%", 1)[0] ?? "";
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  // `URL` writes every spelling of an address in one way.
  const [left = "", right] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
