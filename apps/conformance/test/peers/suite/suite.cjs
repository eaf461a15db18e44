// A suite as Mocha's JSON reporter prints it: what a server of another library answers to handshakes of its tests.
const { createServer, request } = require("node:http");

const server = createServer();
server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 418 Mine\r\nContent-Length: 0\r\n\r\n"));
server.listen(0, "127.0.0.1", () => void report());

async function report() {
  const usual = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
  const tests = [
    await ask("a good handshake", { ...usual, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" }),
    await ask("a bad key", { ...usual, "Sec-WebSocket-Key": "short" }),
  ];
  console.log("A line before the report.");
  console.log(JSON.stringify({ stats: {}, tests, pending: [], failures: [], passes: [] }));
  server.close();
}

/** Passes if the server's own listener answers. */
function ask(fullTitle, headers) {
  return new Promise((resolve) => {
    const sent = request({ port: server.address().port, host: "127.0.0.1", agent: false, headers });
    sent.once("response", (response) => {
      response.resume();
      resolve({ fullTitle, err: response.statusCode === 418 ? {} : { message: `${response.statusCode} is not 418` } });
    });
    sent.end();
  });
}
