const part = (id) => document.getElementById(id);
const state = part("state");
const messages = part("messages");
const people = part("people");
const rooms = part("rooms");
const problem = part("problem");
const send = part("send");
const text = part("text");

const problems = {
  "no-such-room": "There is no such room.",
  "not-a-message": "There was nothing to say.",
  "too-long": "That is too long: 500 characters at the most.",
  "too-fast": "That was too fast. Wait a moment.",
};

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const longestPause = 10_000;

let socket;
let timer;
let pause = 500;
let lastName;
let lastSent = "";

/** Everything that comes from people is put in as text, never as markup. */
function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className !== undefined) made.className = className;
  return made;
}

function hueOf(name) {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)) % 360;
  return String(hash);
}

function roomInUrl() {
  return location.hash.slice(1) || "lobby";
}

function showState(label, open) {
  state.textContent = label;
  state.classList.toggle("open", open);
  send.disabled = !open;
}

function showPeople(names) {
  people.replaceChildren(
    ...names.map((name) => {
      const item = element("li", name);
      item.style.setProperty("--hue", hueOf(name));
      return item;
    }),
  );
}

function showMessage({ name, text: said, at }) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
  messages.querySelector(".empty")?.remove();
  const item = element("li");
  if (name !== lastName) {
    const head = element("div", undefined, "head");
    const time = element("time", clock.format(at));
    time.dateTime = new Date(at).toISOString();
    head.style.setProperty("--hue", hueOf(name));
    head.append(element("strong", name), time);
    item.append(head);
  }
  const body = element("div", said, "text");
  body.dir = "auto";
  item.append(body);
  messages.append(item);
  lastName = name;
  if (atEnd) messages.scrollTop = messages.scrollHeight;
}

function showWelcome({ you, room, people: names, messages: past }) {
  part("you").textContent = you;
  part("room").textContent = room;
  document.title = `#${room} - Chat`;
  showState("Connected", true);
  showPeople(names);
  messages.replaceChildren();
  lastName = undefined;
  if (past.length === 0) messages.append(element("li", "Nothing has been said here yet.", "empty"));
  for (const message of past) showMessage(message);
  messages.scrollTop = messages.scrollHeight;
}

async function showRooms() {
  const current = roomInUrl();
  const response = await fetch("/api/rooms");
  if (!response.ok) return;
  const { rooms: known } = await response.json();
  rooms.replaceChildren(
    ...known.map(({ name, people: count }) => {
      const link = element("a", `#${name}`);
      link.href = `#${name}`;
      if (name === current) link.setAttribute("aria-current", "page");
      if (count > 0) {
        const badge = element("span", String(count), "count");
        badge.setAttribute("aria-label", `${count} here`);
        link.append(badge);
      }
      const item = element("li");
      item.append(link);
      return item;
    }),
  );
}

function receive(event) {
  if (event.type === "welcome") return showWelcome(event);
  if (event.type === "people") {
    showPeople(event.people);
    void showRooms();
  }
  if (event.type === "message") showMessage(event);
  if (event.type === "problem") {
    problem.textContent = problems[event.problem] ?? "That did not work.";
    text.value ||= lastSent;
  }
}

/** A refused handshake looks like any failure to a page (1006). HTTP says whether the session is gone; the page then begins a new one. */
async function reconnect() {
  const response = await fetch("/api/me").catch(() => undefined);
  if (response?.status === 401) location.reload();
  else connect();
}

function connect() {
  clearTimeout(timer);
  const room = roomInUrl();
  const url = new URL(`/chat/${encodeURIComponent(room)}`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  const mine = new WebSocket(url);
  socket = mine;
  showState("Connecting", false);
  mine.addEventListener("message", ({ data }) => {
    if (socket !== mine) return;
    pause = 500;
    receive(JSON.parse(data));
  });
  mine.addEventListener("close", ({ code, reason }) => {
    if (socket !== mine) return;
    showPeople([]);
    if (code === 1008 || code === 1013) return showState(reason || "Closed by the server", false);
    showState("Connection lost, trying again", false);
    timer = setTimeout(() => void reconnect(), pause);
    pause = Math.min(pause * 2, longestPause);
  });
}

part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (socket.readyState !== WebSocket.OPEN || text.value.trim() === "") return;
  lastSent = text.value;
  socket.send(JSON.stringify({ text: lastSent }));
  text.value = "";
  text.focus();
});

part("open-room").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = part("room-name").value;
  part("room-name").value = "";
});

addEventListener("hashchange", () => {
  const old = socket;
  problem.textContent = "";
  connect();
  old?.close();
});

connect();
