import { type Source, source } from "../source.ts";

export const signalrMessages: readonly Source[] = [
  source("SignalR", {
    "signalr-failed": [
      "websocket failed to connect. the connection could not be found on the server",
      "there was an error with the transport",
      "failed to start the connection",
      "failed to complete negotiation with the server",
      "failed to start the transport 'websockets'",
      "unable to connect to the server with any of the available transports",
    ],
  }),
];
