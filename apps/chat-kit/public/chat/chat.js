import { connect } from "./client/index.js";

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

let connection;
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
  part("session").hidden = false;
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

/** Brings a new ticket on the open socket before the server asks for one. */
async function renewNow() {
  const response = await post("ticket", {});
  if (response?.ok) connection.send(JSON.stringify({ ticket: (await response.json()).ticket }));
}

function forgetRoom() {
  until = null;
  showStay();
  showPeople([]);
}

function showLogin(reason = "") {
  connection.close();
  forgetRoom();
  showState("Not logged in", false);
  part("session").hidden = true;
  part("login-problem").textContent = reason;
  if (!part("login").open) part("login").showModal();
}

/** Takes the room of the URL. What became of the last one is not told any more. */
function enter() {
  connection?.close();
  showState("Connecting", false);
  connection = connect({
    url: `/chat/${encodeURIComponent(roomInUrl())}`,
    protocols: ["chat.v1"],
    ticket: "/api/ticket",
    renew: {
      when: (message) => JSON.parse(message).type === "expiring" && part("renew").checked,
      message: (ticket) => JSON.stringify({ ticket }),
    },
    onMessage: ({ data }) => receive(JSON.parse(data)),
    onState(state) {
      if (state === "connecting") showState("Connecting", false);
      if (state === "waiting") showState("Connection lost, trying again", false);
    },
    onClose: (event, what) => ended(event?.reason ?? "", what),
  });
}

function ended(reason, what) {
  forgetRoom();
  if (what === "login") showLogin(reason === "Token revoked" ? "You have been logged out." : "");
  // It would be opened again at once: whoever wants to see a ticket run out is not to miss it.
  else if (what === "fresh" && !part("renew").checked) showEnded();
  else if (what === "never") showState(reason || "Closed by the server", false);
}

/** The session is still there: whoever let the ticket run out may go on with another. */
function showEnded() {
  connection.close();
  showState("The ticket has run out", false);
  const again = element("button", "Connect again", "quiet");
  again.addEventListener("click", () => connection.reconnect());
  state.append(" ", again);
}

async function login() {
  const response = await post("login", { name: part("name").value.trim(), password: part("password").value });
  if (response?.status === 204) {
    part("password").value = "";
    part("login").close();
    connection.reconnect();
    return;
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
part("renew-now").addEventListener("click", () => void renewNow());
setInterval(showStay, 1000);

part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (text.value.trim() === "") return;
  if (!connection.send(JSON.stringify({ text: text.value }))) {
    problem.textContent = "Not connected. Try again in a moment.";
    return;
  }
  lastSent = text.value;
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
  enter();
});

enter();
