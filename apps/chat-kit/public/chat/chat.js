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
  "not-renewed": "The new ticket was not taken.",
};

const loginProblems = {
  "not-a-name": "A name is 1 to 24 letters, digits and spaces.",
  "not-a-password": "A password has 4 characters at least.",
  "wrong-password": "Somebody else has that name, with another password.",
  "too-many": "There are too many names already.",
};

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const longestPause = 10_000;

let socket;
let timer;
let pause = 500;
let lastName;
let lastSent = "";
/** When the socket is closed unless it is renewed; `null` where it is not. */
let until = null;

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

function showStay() {
  part("stay").hidden = until === null;
  if (until === null) return;
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  part("left").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function showWelcome({ you, room, people: names, messages: past, until: end }) {
  until = end;
  showStay();
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
  if (event.type === "expiring" && part("renew").checked) void renew();
  if (event.type === "renewed") {
    until = event.until;
    showStay();
  }
  if (event.type === "problem") {
    problem.textContent = problems[event.problem] ?? "That did not work.";
    text.value ||= lastSent;
  }
}

/** Posts JSON to the API; `undefined` where the server cannot be reached. */
function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
}

/** A ticket for one socket. Nobody's session any more: the login is shown, and there is none. */
async function fetchTicket() {
  const response = await post("ticket", {});
  if (response?.status === 401) showLogin();
  return response?.ok ? (await response.json()).ticket : undefined;
}

/** Renews the open socket: on it, since what was said must not be missed. */
async function renew() {
  const mine = socket;
  const ticket = await fetchTicket();
  if (ticket !== undefined && mine?.readyState === WebSocket.OPEN) mine.send(JSON.stringify({ ticket }));
}

function showLogin(reason = "") {
  const old = socket;
  socket = undefined;
  old?.close();
  clearTimeout(timer);
  until = null;
  showStay();
  showPeople([]);
  showState("Not logged in", false);
  part("session").hidden = true;
  part("login-problem").textContent = reason;
  if (!part("login").open) part("login").showModal();
}

/** A refused handshake looks like any failure to a page (1006): whether the session is gone is told by HTTP, when the ticket is fetched. */
async function connect() {
  clearTimeout(timer);
  const old = socket;
  socket = undefined;
  old?.close();
  showState("Connecting", false);
  const room = roomInUrl();
  const ticket = await fetchTicket();
  if (room !== roomInUrl() || part("login").open || socket !== undefined) return;
  if (ticket === undefined) return retry();
  const url = new URL(`/chat/${encodeURIComponent(room)}`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  url.searchParams.set("ticket", ticket);
  const mine = new WebSocket(url);
  socket = mine;
  mine.addEventListener("message", ({ data }) => {
    if (socket !== mine) return;
    pause = 500;
    part("session").hidden = false;
    receive(JSON.parse(data));
  });
  mine.addEventListener("close", ({ code, reason }) => {
    if (socket !== mine) return;
    showPeople([]);
    until = null;
    showStay();
    if (code === 4401 && reason === "Token revoked") return showLogin("You have been logged out.");
    if (code === 4401) return showEnded();
    if (code === 1008 || code === 1013) return showState(reason || "Closed by the server", false);
    retry();
  });
}

function retry() {
  showState("Connection lost, trying again", false);
  timer = setTimeout(() => void connect(), pause);
  pause = Math.min(pause * 2, longestPause);
}

/** The session is still there: whoever let the ticket run out may go on with another. */
function showEnded() {
  showState("The ticket has run out", false);
  const again = element("button", "Connect again", "quiet");
  again.addEventListener("click", () => void connect());
  state.append(" ", again);
}

async function login() {
  const response = await post("login", { name: part("name").value.trim(), password: part("password").value });
  if (response?.status === 204) {
    part("password").value = "";
    part("login").close();
    pause = 500;
    return connect();
  }
  const { problem: why } = response === undefined ? {} : await response.json().catch(() => ({}));
  part("login-problem").textContent = loginProblems[why] ?? "The server does not answer.";
}

part("login").addEventListener("cancel", (event) => event.preventDefault());
part("login").addEventListener("submit", (event) => {
  event.preventDefault();
  void login();
});

part("logout").addEventListener("click", () => void post("logout", {}));
part("logout-everywhere").addEventListener("click", () => void post("logout", { everywhere: true }));
part("renew-now").addEventListener("click", () => void renew());
setInterval(showStay, 1000);

part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (socket?.readyState !== WebSocket.OPEN || text.value.trim() === "") return;
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
  problem.textContent = "";
  void connect();
});

void connect();
