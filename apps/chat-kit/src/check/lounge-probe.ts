import type { Frames, HandshakeRequest } from "@wsorigin/testing";
import { field, ordinary, type Probe, type Subject } from "./probe.ts";

/** Socket.IO's path; what its client asks for first is put behind it. */
const path = "/socket.io/?EIO=4&transport=";
const polling = `${path}polling`;
export const websocket: string = `${path}websocket`;
/** Enters the default namespace; and what answers a ping, which does nothing. */
const connectPacket = "40";
const pongPacket = "3";

/** A polling request: by default from the server's own page, whose browser sends no Origin with a GET. */
export interface Poll {
  readonly origin?: string;
  readonly hostHeader?: string;
  /** Without a ticket the cookie rides along all the same. */
  readonly ticket?: boolean;
}

/** Knocks at the Socket.IO room over both transports, packet for packet: see Socket.IO's and Engine.IO's protocol. */
export class LoungeProbe {
  readonly #chatUrl: string;
  readonly #probe: Probe;

  constructor({ chatUrl }: Subject, probe: Probe) {
    this.#chatUrl = chatUrl;
    this.#probe = probe;
  }

  /** The status of a first polling request, and the decision on it. */
  async poll({ ticket = true, ...from }: Poll = {}): Promise<string> {
    return this.#probe.knock(this.#request(ticket ? await this.#probe.ticketPath(polling) : polling, from));
  }

  /** The same for a later request of somebody's session, which a page of another site sends. */
  async goOn(origin: string): Promise<string> {
    return this.#probe.knock(this.#packet(await this.#begin(), pongPacket, origin));
  }

  /** Whose name the room shows. */
  async nameInRoom(): Promise<string> {
    const { frames, welcome } = await this.#enter();
    frames?.destroy();
    return field(JSON.stringify(welcome), "you");
  }

  /** How an open session is ended when its visitor logs out everywhere: over a WebSocket. */
  async logoutOverWebSocket(): Promise<string> {
    return this.#probe.logoutEverywhere((await this.#enter()).frames);
  }

  /** The same over polling, which has no close frame: what becomes of the request that waits, and of the next one. */
  async logoutOverPolling(): Promise<string> {
    const session = await this.#begin();
    const waiting = await this.#probe.begin({ ...this.#request(session), timeout: 1000 });
    await this.#probe.logoutEverywhere(undefined);
    const ended = await waiting.answer().then(
      () => "ended",
      () => "still open",
    );
    return `${ended}, ${await this.#probe.knock(this.#packet(session, pongPacket))}`;
  }

  /** The body of a request's answer. */
  async #ask(request: HandshakeRequest): Promise<string> {
    return (await this.#probe.handshake(request)).body;
  }

  /** Begins a session over polling and enters the room. Returns the path of its later requests; nothing waits there. */
  async #begin(): Promise<string> {
    const opened = await this.#ask(this.#request(await this.#probe.ticketPath(polling)));
    const session = `${polling}&sid=${field(opened.slice(1), "sid")}`;
    await this.#ask(this.#packet(session, connectPacket));
    let heard = "";
    while (!heard.includes('"type":"people"')) heard = await this.#ask(this.#request(session));
    return session;
  }

  /** Opens a WebSocket and enters the room. */
  async #enter(): Promise<{ readonly frames: Frames | undefined; readonly welcome: unknown }> {
    const frames = await this.#probe.enter(websocket);
    await frames?.next();
    frames?.send(connectPacket);
    await frames?.next();
    const event = await frames?.next();
    const [, welcome]: readonly unknown[] = JSON.parse(event?.text.slice(2) ?? "[]");
    return { frames, welcome };
  }

  /** Sends a packet on a session. */
  #packet(session: string, packet: string, origin = this.#chatUrl): HandshakeRequest {
    const extra = Buffer.from(packet);
    const headers = [...this.#probe.headers(), ["Content-Length", `${extra.length}`]] as const;
    return { ...ordinary, method: "POST", path: session, origin, headers, extra };
  }

  #request(target: string, { origin, hostHeader }: Poll = {}): HandshakeRequest {
    const site = origin === undefined ? [["Sec-Fetch-Site", "same-origin"] as const] : [];
    return {
      ...ordinary,
      path: target,
      origin: origin ?? null,
      headers: [...this.#probe.headers(), ...site],
      ...(hostHeader !== undefined && { hostHeader }),
    };
  }
}
