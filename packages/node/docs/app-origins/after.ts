import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { bearerHeader, bearerProtocol, createPolicy, grant, guard, refuse } from "@wsorigin/node";

const sessions = new Map([["token-of-ann", "ann"]]);
const server = createServer();
const policy = createPolicy({
  origins: [
    "https://app.example.com", // the website
    "app://bundle", // Electron, with a scheme of its own
    "capacitor://localhost", // Capacitor on iOS
    "ionic://localhost", // Ionic's older WebView on iOS
    "https://localhost", // Capacitor on Android
  ],
  missingOrigin: "token", // Electron's main process, and other programs
  token: {
    from: [bearerHeader(), bearerProtocol()],
    verify(token) {
      const user = sessions.get(token);
      return user === undefined ? refuse("invalid") : grant({ principal: user });
    },
  },
});

const gate = guard(server, { policy, protocols: ["chat.v1"] });
gate.route("/chat", (socket) => {
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
