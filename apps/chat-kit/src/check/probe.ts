import type { AddressInfo } from "node:net";
import { type Answer, type Attempt, beginHandshake, type Frames, type HandshakeRequest } from "@wsorigin/testing";

/** What is needed of a running chat, whatever framework it is built with. */
export interface Subject {
  readonly chatUrl: string;
  readonly hostileUrl: string;
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Who the check logs in as. */
export const visitorName = "Ada";

/** Makes an ordinary request of what would be a handshake. */
export const ordinary = { omit: ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"] } as const;

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

  /** Logs in, as the page does. */
  async login(): Promise<void> {
    const answer = await this.post("/api/login", { name: visitorName, password: "correct horse" });
    this.#cookie = answer.header("set-cookie")?.split(";", 1)[0] ?? "";
  }

  /** The path of a socket with a ticket of its own; without one, where there is none to be had. */
  async ticketPath(path = "/chat/lobby"): Promise<string> {
    const { body } = await this.post("/api/ticket", {});
    return `${path}${path.includes("?") ? "&" : "?"}ticket=${field(body, "ticket")}`;
  }

  /** Opens a socket with a ticket of its own, for the chat's own page. */
  async enter(path?: string): Promise<Frames | undefined> {
    const { frames } = await this.handshake({ origin: this.#subject.chatUrl, path: await this.ticketPath(path) });
    return frames;
  }

  async handshake(request: HandshakeRequest): Promise<Answer> {
    return (await this.begin(request)).answer();
  }

  /** Sends a handshake, or an ordinary request, without waiting for the answer. */
  begin(request: HandshakeRequest): Promise<Attempt> {
    const { address, chatUrl } = this.#subject;
    const target = { host: address.address, port: address.port };
    const headers = [["Cookie", this.#cookie]] as const;
    return beginHandshake(target, { path: "/chat/lobby", hostHeader: new URL(chatUrl).host, headers, ...request });
  }

  /** The status, and every decision that was told of meanwhile. */
  async knock(request: HandshakeRequest): Promise<string> {
    this.#codes.length = 0;
    const { status, frames } = await this.handshake(request);
    frames?.destroy();
    return `${status ?? "no answer"} ${this.codes()}`;
  }

  /** Every decision that was told of since the last knock. */
  codes(): string {
    return this.#codes.splice(0).join(" and ") || "nobody-asked";
  }

  /** The same, and whether another listener got the upgrade. */
  async knockForeign(path: string, origin: string): Promise<string> {
    this.#reached.delete(path);
    const got = await this.knock({ path: await this.ticketPath(path), origin });
    return `${got}, ${this.#reached.has(path) ? "reached" : "not reached"}`;
  }

  /** Opens a socket with a ticket, then another one with the same. */
  async knockTwice(): Promise<string> {
    const request = { origin: this.#subject.chatUrl, path: await this.ticketPath() };
    await this.knock(request);
    return this.knock(request);
  }

  async nameOnSocket(): Promise<string> {
    const frames = await this.enter();
    const welcome = await frames?.next();
    frames?.destroy();
    return field(welcome?.text ?? "", "you");
  }

  /** The status, and whose page may read the ticket. */
  async askTicket(origin: string): Promise<string> {
    const answer = await this.post("/api/ticket", {}, origin);
    return `${answer.status ?? "no answer"} for ${answer.header("access-control-allow-origin") ?? "nobody"}`;
  }

  /** How an open socket is closed when its visitor logs out everywhere, who then logs in again. */
  async logoutEverywhere(frames: Frames | undefined): Promise<string> {
    await this.post("/api/logout", { everywhere: true });
    const close = await frames?.nextClose(1000).catch(() => undefined);
    frames?.destroy();
    await this.login();
    return close === undefined ? "still open" : `${close.code} ${close.text}`;
  }

  /** What a browser makes of the answer to its preflight. */
  async preflight(origin: string): Promise<string> {
    const headers = [
      ...this.headers(),
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
    const answer = await this.handshake({ ...ordinary, path: "/api/me", origin, headers: this.headers() });
    return `${answer.status ?? "no answer"} for ${answer.header("access-control-allow-origin") ?? "nobody"}`;
  }

  /** Posts JSON, as the chat's own page does. */
  post(path: string, body: object, origin: string = this.#subject.chatUrl): Promise<Answer> {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = [
      ...this.headers(),
      ["Content-Type", "application/json"],
      ["Content-Length", `${bytes.length}`],
    ] as const;
    return this.handshake({ ...ordinary, method: "POST", path, origin, headers, extra: bytes });
  }

  /** What an ordinary request has: the visitor's cookie. */
  headers(): readonly (readonly [name: string, value: string])[] {
    return [
      ["Connection", "close"],
      ["Cookie", this.#cookie],
    ];
  }
}

/** A field of an answer or an event; `"nothing"` where it has none. */
export function field(json: string, name: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? String(Reflect.get(value, name)) : "nothing";
  } catch {
    return "nothing";
  }
}
