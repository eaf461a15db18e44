import type { HandshakeRequest } from "@wsorigin/testing";

/** One mistake of a first hour: a small program that has it, and the same program without it. */
export interface Mistake {
  /** The heading, as a reader would search for it. */
  readonly title: string;
  /** One or two sentences on why it is a mistake, if the message alone does not say so. */
  readonly why?: string;
  /** How the programs are completed. `"policy"`: they make a `policy`; otherwise they make a `server`, or Fastify's `app`. */
  readonly kind: "policy" | "node" | "express" | "koa" | "fastify";
  readonly wrong: string;
  /** The program with the advice of the message applied. */
  readonly right: string;
  /** What is sent to the program; by default what a page of `https://app.example.com` sends to `wss://api.example.com/chat`. */
  readonly request?: HandshakeRequest;
  /** What is sent to the program without the mistake, if the client or a proxy is what was wrong. */
  readonly fixed?: HandshakeRequest;
  /** What to show of that change. */
  readonly note?: string;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** The client sends a message of so many bytes on the open socket. */
  readonly sends?: number;
  /** What is seen is seen after so many milliseconds. */
  readonly after?: number;
  /** The server uses TLS. */
  readonly tls?: boolean;
}
