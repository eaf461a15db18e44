/** As much of a socket as a guard needs. Fits the `WebSocket` of Deno and Workers, Bun's `ServerWebSocket`, that of `ws`, and Hono's `WSContext`. */
export interface Socket {
  close(code?: number, reason?: string): unknown;
  send(data: string): unknown;
}

/** What arrives on a socket. */
export interface SocketEvents {
  readonly message: (data: unknown) => void;
  readonly close: () => void;
}

/**
 * Subscribes to the events of a socket, in the style that it has. Returns a function that unsubscribes; `undefined` if the socket has no events, because its server calls
 * handlers instead.
 */
export function subscribe(socket: Socket, { message, close }: SocketEvents): (() => void) | undefined {
  const onMessage = (event?: unknown): void =>
    message(typeof event === "object" && event !== null && "data" in event ? event.data : undefined);
  if (hasMethods(socket, "addEventListener", "removeEventListener"))
    return listen(socket, "addEventListener", "removeEventListener", { message: onMessage, close });
  const onData = (data?: unknown, isBinary?: unknown): void => message(isBinary === true ? data : String(data));
  return hasMethods(socket, "on", "off") ? listen(socket, "on", "off", { message: onData, close }) : undefined;
}

type Listener = (first?: unknown, second?: unknown) => void;

function listen<Add extends string, Remove extends string>(
  socket: Readonly<Record<Add | Remove, (name: string, listener: Listener) => unknown>>,
  add: Add,
  remove: Remove,
  listeners: Readonly<Record<"close" | "message", Listener>>,
): () => void {
  const all = Object.entries(listeners);
  for (const [name, listener] of all) socket[add](name, listener);
  return () => {
    for (const [name, listener] of all) socket[remove](name, listener);
  };
}

function hasMethods<Name extends string>(
  value: object,
  ...names: readonly Name[]
): value is Readonly<Record<Name, (name: string, listener: Listener) => unknown>> {
  return names.every((name) => typeof Reflect.get(value, name) === "function");
}
