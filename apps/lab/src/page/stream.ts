import { connect, type Connection, type ConnectionState } from "@wsorigin/client";
import { useEffect, useReducer, useRef } from "preact/hooks";
import { compile } from "../shared/compile.ts";
import type { Draft } from "../shared/draft.ts";
import type { FromPage, FromServer, Places, Told } from "../shared/messages.ts";

/** How many decisions are kept. */
const most = 200;
/** How long one must have stopped typing before the app gets the policy, in milliseconds. */
const pause = 400;

export interface LabState {
  readonly connection: ConnectionState;
  readonly places: Places | undefined;
  /** The policy that is being edited. */
  readonly draft: Draft | undefined;
  /** Counts the policies that the app has had: the frames try again with each. */
  readonly round: number;
  /** Newest first. */
  readonly told: readonly Told[];
}

type Action =
  | FromServer
  | { readonly type: "connection"; readonly connection: ConnectionState }
  | { readonly type: "edited"; readonly draft: Draft };

const first: LabState = { connection: "connecting", places: undefined, draft: undefined, round: 0, told: [] };

function reduce(state: LabState, action: Action): LabState {
  switch (action.type) {
    case "connection":
      return { ...state, connection: action.connection };
    case "edited":
      return { ...state, draft: action.draft };
    case "hello":
      return { ...state, places: action.places, draft: action.draft, told: action.past.toReversed() };
    case "told":
      return { ...state, told: [action.told, ...state.told].slice(0, most) };
    case "applied":
      return { ...state, draft: action.draft, round: state.round + 1 };
    case "refused":
      // The editor shows the same, from the same draft.
      return state;
    default:
      return action satisfies never;
  }
}

/** The lab's own socket: decisions come in, the edited policy goes out. */
export function useLab(): { readonly state: LabState; readonly edit: (draft: Draft) => void } {
  const [state, dispatch] = useReducer(reduce, first);
  const connection = useRef<Connection | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  /** The policy as it was last edited in this page. */
  const edited = useRef<Draft | undefined>(undefined);

  const apply = (draft: Draft): void => {
    if ("policy" in compile(draft))
      connection.current?.send(JSON.stringify({ type: "apply", draft } satisfies FromPage));
  };

  const hear = (message: FromServer): void => {
    const mine = edited.current;
    if (mine === undefined || !("draft" in message)) return dispatch(message);
    // What is edited here stays, and counts: after a lost connection the server may have missed it, or be a new one.
    dispatch({ ...message, draft: mine });
    if (message.type === "hello" && JSON.stringify(mine) !== JSON.stringify(message.draft)) apply(mine);
  };

  useEffect(() => {
    connection.current = connect({
      url: "/decisions",
      onMessage: ({ data }) => hear(JSON.parse(data) as FromServer),
      onState: (connection) => dispatch({ type: "connection", connection }),
    });
    return () => connection.current?.close();
  }, []);

  const edit = (draft: Draft): void => {
    edited.current = draft;
    dispatch({ type: "edited", draft });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(draft), pause);
  };
  return { state, edit };
}
