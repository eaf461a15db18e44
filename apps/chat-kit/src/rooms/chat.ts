import type { RawData, WebSocket } from "ws";
import { Allowance } from "./allowance.ts";
import type { Visitor } from "../visitors.ts";

export interface Message {
  readonly name: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Why something was not said. */
type Problem = "no-such-room" | "not-a-message" | "too-long" | "too-fast" | "not-renewed";

export type Said = { readonly message: Message } | { readonly problem: Problem };

/** What the server sends to those in a room. */
export type Event =
  | {
      readonly type: "welcome";
      readonly you: string;
      readonly room: string;
      readonly people: string[];
      readonly messages: readonly Message[];
      /** When the socket is closed unless it is renewed, in milliseconds since the epoch; `null` where it is not. */
      readonly until: number | null;
    }
  | { readonly type: "expiring" }
  | Renewed
  | { readonly type: "people"; readonly people: string[] }
  | ({ readonly type: "message" } & Message)
  | NotDone;

/** What comes of another ticket for an open socket. */
interface Renewed {
  readonly type: "renewed";
  readonly until: number | null;
}

interface NotDone {
  readonly type: "problem";
  readonly problem: Problem;
}

/** Whose a socket is, as its gate knows: until when, and how that is renewed. */
export interface Stay {
  readonly decision: { readonly allowed: boolean; readonly expiresAt?: number };
  readonly refresh: (token: string) => Promise<Stay["decision"]>;
}

/** The sockets in a room, whatever library opened them. */
export interface Audience {
  names(): string[];
  tell(event: Event): void;
}

interface Room {
  readonly messages: Message[];
  /** `WebSocketAudience`, but for rooms that another library carries. */
  readonly audience: Audience;
}

/** The longest frame that a page may send, in bytes: what the longest text takes in JSON. */
export const maxPayload = 4096;

/** How many sockets a room takes, and how many messages in excess one of them may send. */
export const mostMembers = 100;
export const mostExcess = 20;

const longestText = 500;
const keptMessages = 50;
const mostRooms = 100;
/** How many bytes may wait for a page that does not read. */
const mostBacklog = 256 * 1024;

const roomForm = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const permanentRooms = ["lobby", "kitchen", "workshop"];

/** The rooms: who is there and what was said last. Who somebody is comes from the session, never from what a page sends. */
export class Chat {
  readonly #rooms = new Map<string, Room>();
  readonly #allowance = new Allowance();

  constructor() {
    for (const name of permanentRooms) this.#rooms.set(name, { messages: [], audience: new WebSocketAudience() });
  }

  /** Adds a room whose sockets another library opens. */
  addRoom(name: string, audience: Audience): void {
    this.#rooms.set(name, { messages: [], audience });
  }

  rooms(): { readonly name: string; readonly people: number }[] {
    return [...this.#rooms].map(([name, room]) => ({ name, people: room.audience.names().length }));
  }

  history(name: unknown): readonly Message[] {
    return typeof name === "string" ? (this.#rooms.get(name)?.messages ?? []) : [];
  }

  /** Says something in a room, as a visitor. */
  say(visitor: Visitor, roomName: unknown, text: unknown): Said {
    if (!this.#allowance.take(visitor)) return { problem: "too-fast" };
    if (typeof text !== "string" || text.trim() === "") return { problem: "not-a-message" };
    if (text.length > longestText) return { problem: "too-long" };
    const room = this.#enter(roomName);
    if (room === undefined) return { problem: "no-such-room" };
    const message: Message = { name: visitor.name, text: text.trim(), at: Date.now() };
    room.messages.push(message);
    if (room.messages.length > keptMessages) room.messages.shift();
    room.audience.tell({ type: "message", ...message });
    return { message };
  }

  /**
   * Takes an open socket into a room, until it closes.
   *
   * @param stay where a gate has let it in: how long, and how to renew it
   */
  join(socket: WebSocket, roomName: string, visitor: Visitor, stay?: Stay | null): void {
    const room = this.#enter(roomName);
    if (!(room?.audience instanceof WebSocketAudience)) return socket.close(1008, "No such room");
    const { messages, audience } = room;
    if (audience.members.size >= mostMembers) return socket.close(1013, "The room is full");
    audience.members.set(socket, visitor);
    const people = audience.names();
    tell(socket, {
      type: "welcome",
      you: visitor.name,
      room: roomName,
      people,
      messages,
      until: endOf(stay?.decision),
    });
    audience.tell({ type: "people", people });

    let excess = 0;
    socket.on("message", (data, isBinary) => {
      const sent = isBinary ? {} : read(data);
      if (typeof sent.ticket === "string") {
        void renew(sent.ticket, stay).then((event) => tell(socket, event));
        return;
      }
      const said = this.say(visitor, roomName, sent.text);
      if ("message" in said) return;
      tell(socket, { type: "problem", problem: said.problem });
      if (said.problem === "too-fast" && ++excess > mostExcess) socket.close(1008, "Too fast");
    });
    socket.once("close", () => {
      audience.members.delete(socket);
      audience.tell({ type: "people", people: audience.names() });
    });
  }

  /** Tells a page that its socket is closed soon, unless it brings another ticket. */
  warn(socket: WebSocket): void {
    tell(socket, { type: "expiring" });
  }

  /** The room of that name, opened where it is not open yet; `undefined` where the name is none, or there are too many. */
  #enter(name: unknown): Room | undefined {
    if (typeof name !== "string" || !roomForm.test(name)) return undefined;
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (this.#rooms.size >= mostRooms && !this.#closeOneEmptyRoom()) return undefined;
    const room: Room = { messages: [], audience: new WebSocketAudience() };
    this.#rooms.set(name, room);
    return room;
  }

  #closeOneEmptyRoom(): boolean {
    for (const [name, { audience }] of this.#rooms) {
      if (!(audience instanceof WebSocketAudience) || permanentRooms.includes(name)) continue;
      if (audience.members.size === 0) return this.#rooms.delete(name);
    }
    return false;
  }
}

/** What a page sent: `{ "text": "..." }` to say something, `{ "ticket": "..." }` to stay longer. */
function read(data: RawData): { readonly text?: unknown; readonly ticket?: unknown } {
  try {
    const sent: unknown = Buffer.isBuffer(data) ? JSON.parse(data.toString()) : undefined;
    return typeof sent === "object" && sent !== null ? sent : {};
  } catch {
    return {};
  }
}

/** Renews an open socket with a ticket that it brought. */
export async function renew(ticket: string, stay: Stay | null | undefined): Promise<Renewed | NotDone> {
  const decision = await stay?.refresh(ticket);
  if (decision?.allowed === true) return { type: "renewed", until: endOf(decision) };
  return { type: "problem", problem: "not-renewed" };
}

/** When a socket is closed, in milliseconds since the epoch; `null` if nothing limits its stay. */
export function endOf(decision: Stay["decision"] | undefined): number | null {
  return decision?.expiresAt ?? null;
}

/** Each visitor once, however many tabs they have open. */
export function namesOf(visitors: Iterable<Visitor>): string[] {
  return [...new Set(Array.from(visitors, ({ name }) => name))];
}

class WebSocketAudience implements Audience {
  readonly members = new Map<WebSocket, Visitor>();

  names(): string[] {
    return namesOf(this.members.values());
  }

  tell(event: Event): void {
    for (const socket of this.members.keys()) tell(socket, event);
  }
}

function tell(socket: WebSocket, event: Event): void {
  if (socket.readyState !== socket.OPEN) return;
  // A page that does not read would make the server keep every message for it.
  if (socket.bufferedAmount > mostBacklog) return socket.terminate();
  socket.send(JSON.stringify(event));
}
