import { isIPv6 } from "node:net";

/**
 * The key under which an address is counted: an IPv4 address as it is (also where it comes mapped, as `::ffff:192.0.2.1`), the /64 of an IPv6 address,
 * since that much is one customer's to choose from.
 */
export function networkOf(ip: string): string {
  const plain = ip.split("%", 1)[0] ?? "";
  if (!isIPv6(plain)) return plain;
  // `URL` writes every spelling of an address in one way.
  const written = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(written) ?? [];
  if (high !== undefined && low !== undefined) return `${octets(high)}.${octets(low)}`;
  const [left = "", right] = written.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

function octets(group: string): string {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 255}`;
}
