import { lookup } from "node:dns/promises";
import { checkServerIdentity, TLSSocket } from "node:tls";
import { type Destination, open } from "./exchange.ts";

/** How far the way to the server goes, before any HTTP. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly failed: undefined | { readonly at: "dns" | "tcp" | "tls"; readonly code: string; readonly message: string };
  readonly certificate: Certificate | undefined;
}

/** A certificate, as far as a reader needs it. */
interface Certificate {
  readonly subject: string;
  readonly names: string;
  readonly issuer: string;
  readonly validTo: string;
  /** What is wrong with it, as OpenSSL calls it: `CERT_HAS_EXPIRED`; `undefined` where nothing is. */
  readonly problem: string | undefined;
}

/** Walks the way: name, connection, TLS. Never rejects; leaves nothing open. */
export async function reach(to: Destination, patience: number, signal: AbortSignal): Promise<Reach> {
  let addresses: readonly string[];
  try {
    addresses = (await lookup(to.host.replace(/^\[|\]$/g, ""), { all: true })).map(({ address }) => address);
  } catch (error) {
    return { addresses: [], failed: { at: "dns", ...wordsOf(error) }, certificate: undefined };
  }
  try {
    const socket = await open({ ...to, tls: false }, patience, signal);
    socket.destroy();
  } catch (error) {
    return { addresses, failed: { at: "tcp", ...wordsOf(error) }, certificate: undefined };
  }
  if (!to.tls) return { addresses, failed: undefined, certificate: undefined };
  try {
    // To see what is wrong with a certificate, it has to be taken first.
    const socket = await open({ ...to, trustAnything: true }, patience, signal);
    const certificate = socket instanceof TLSSocket ? certificateOf(socket, to.host) : undefined;
    socket.destroy();
    return { addresses, failed: undefined, certificate };
  } catch (error) {
    return { addresses, failed: { at: "tls", ...wordsOf(error) }, certificate: undefined };
  }
}

/** Whether the server speaks HTTP/2 and nothing else. */
export async function speaksHttp2Only(to: Destination, patience: number, signal: AbortSignal): Promise<boolean> {
  try {
    const socket = await open({ ...to, trustAnything: true, alpn: ["h2"] }, patience, signal);
    const chosen = socket instanceof TLSSocket ? socket.alpnProtocol : false;
    socket.destroy();
    return chosen === "h2";
  } catch {
    return false;
  }
}

function certificateOf(socket: TLSSocket, host: string): Certificate {
  const { subject, subjectaltname = "", issuer, valid_to: validTo } = socket.getPeerCertificate();
  return {
    subject: textOf(subject?.CN),
    names: subjectaltname.replaceAll("DNS:", ""),
    issuer: textOf(issuer?.CN ?? issuer?.O),
    validTo,
    problem: problemOf(socket, host),
  };
}

/** What is wrong first of all: OpenSSL names one problem only, and of an unknown authority's certificate it says nothing else. */
function problemOf(socket: TLSSocket, host: string): string | undefined {
  const certificate = socket.getPeerCertificate();
  if (Date.parse(certificate.valid_to) < Date.now()) return "CERT_HAS_EXPIRED";
  if (checkServerIdentity(host, certificate) !== undefined) return "ERR_TLS_CERT_ALTNAME_INVALID";
  return socket.authorized ? undefined : codeOf(socket.authorizationError);
}

function textOf(value: string | readonly string[] | undefined): string {
  return value === undefined ? "" : [value].flat().join(", ");
}

/** Node gives the code itself where OpenSSL found it, an error where Node did. */
function codeOf(problem: unknown): string {
  if (problem instanceof Error) return "code" in problem ? String(problem.code) : problem.message;
  return String(problem);
}

function wordsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  // Where every address of a name fails, what the first one failed with.
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return { code: "code" in inner ? String(inner.code) : "", message: inner.message };
}
