import type { AddressInfo } from "node:net";
import { type Answer, handshake, type HandshakeRequest } from "@wsorigin/testing";

/** What is needed of a running chat, whatever framework it is built with. */
export interface Subject {
  readonly chatUrl: string;
  readonly hostileUrl: string;
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Makes an ordinary request of what would be a handshake. */
const ordinary = { omit: ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"] };

/** Knocks at one chat, with a visitor's cookie, and puts what comes into words. */
export class Probe {
  readonly #subject: Subject;
  readonly #codes: string[];
  readonly #reached: Set<string>;
  #cookie = "";

  /**
   * @param codes where every decision's code is put as it falls
   * @param reached where every listener beside the chat puts its path when it gets an upgrade
   */
  constructor(subject: Subject, codes: string[], reached: Set<string>) {
    this.#subject = subject;
    this.#codes = codes;
    this.#reached = reached;
  }

  /** Opens the page, as a browser does first of all. Gives the visitor's name. */
  async visit(): Promise<string> {
    const page = await this.handshake({ ...ordinary, path: "/", headers: this.#headers() });
    this.#cookie = page.header("set-cookie")?.split(";", 1)[0] ?? "";
    const me = await this.handshake({ ...ordinary, path: "/api/me", headers: this.#headers() });
    return field(me.body, "name");
  }

  handshake(request: HandshakeRequest): Promise<Answer> {
    const { address, chatUrl } = this.#subject;
    const target = { host: address.address, port: address.port };
    const headers = [["Cookie", this.#cookie]] as const;
    return handshake(target, { path: "/chat/lobby", hostHeader: new URL(chatUrl).host, headers, ...request });
  }

  /** The status, and every decision that was told of meanwhile. */
  async knock(request: HandshakeRequest): Promise<string> {
    this.#codes.length = 0;
    const { status, frames } = await this.handshake(request);
    frames?.destroy();
    return `${status ?? "no answer"} ${this.#codes.join(" and ") || "nobody-asked"}`;
  }

  /** The same, and whether another listener got the upgrade. */
  async knockForeign(path: string, origin: string): Promise<string> {
    this.#reached.delete(path);
    const got = await this.knock({ path, origin });
    return `${got}, ${this.#reached.has(path) ? "reached" : "not reached"}`;
  }

  async nameOnSocket(): Promise<string> {
    const { frames } = await this.handshake({ origin: this.#subject.chatUrl });
    const welcome = await frames?.next();
    frames?.destroy();
    return field(welcome?.text ?? "", "you");
  }

  /** A refusal by the app itself. The status is the framework's: some send the app's own answer, some a plain 403. */
  async withoutSession(): Promise<string> {
    const got = await this.knock({ origin: this.#subject.chatUrl, headers: [] });
    return got.replace(/^4\d\d /, "no socket, ");
  }

  /** What a browser makes of the answer to its preflight. */
  async preflight(origin: string): Promise<string> {
    const headers = [
      ...this.#headers(),
      ["Access-Control-Request-Method", "POST"],
      ["Access-Control-Request-Headers", "content-type"],
    ] as const;
    const answer = await this.handshake({ ...ordinary, method: "OPTIONS", path: "/api/messages", origin, headers });
    const may =
      answer.status !== undefined &&
      answer.status >= 200 &&
      answer.status < 300 &&
      answer.header("access-control-allow-origin") === origin &&
      answer.header("access-control-allow-credentials") === "true" &&
      answer.header("access-control-allow-headers")?.toLowerCase() === "content-type";
    return may ? "may post" : "may not post";
  }

  /** The status, and whose page may read the answer. */
  async callApi(origin: string): Promise<string> {
    const answer = await this.handshake({ ...ordinary, path: "/api/me", origin, headers: this.#headers() });
    return `${answer.status ?? "no answer"} for ${answer.header("access-control-allow-origin") ?? "nobody"}`;
  }

  #headers(): readonly (readonly [name: string, value: string])[] {
    return [
      ["Connection", "close"],
      ["Cookie", this.#cookie],
    ];
  }
}

function field(json: string, name: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? String(Reflect.get(value, name)) : "nothing";
  } catch {
    return "nothing";
  }
}
