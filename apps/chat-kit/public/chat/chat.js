import { post } from "./api.js";
import { element, part } from "./dom.js";
import { showRooms } from "./rooms.js";
import { enterBySocketIo, socketIoRoom } from "./socket-io.js";
import { enterByWebSocket } from "./web-socket.js";

const state = part("state");
const log = part("log");
const messages = part("messages");
const people = part("people");
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
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
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
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function showCarrier(name) {
  part("carrier").textContent = name === "" ? "" : `over ${name}`;
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
  log.scrollTop = log.scrollHeight;
}

function receive(event) {
  if (event.type === "welcome") return showWelcome(event);
  if (event.type === "people") {
    showPeople(event.people);
    void showRooms(roomInUrl());
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

function forgetRoom() {
  until = null;
  showStay();
  showCarrier("");
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
  const on = {
    event: receive,
    carrier: showCarrier,
    mayRenew: () => part("renew").checked,
    state(state) {
      if (state === "connecting") showState("Connecting", false);
      if (state === "waiting") showState("Connection lost, trying again", false);
    },
    end: ended,
  };
  const room = roomInUrl();
  connection = room === socketIoRoom ? enterBySocketIo(on) : enterByWebSocket(room, on);
}

function ended(reason, what) {
  forgetRoom();
  if (what === "login") showLogin(loggedOut());
  // It would be opened again at once: whoever wants to see a ticket run out is not to miss it.
  else if (what === "fresh" && !part("renew").checked) showEnded();
  else if (what === "never") showState(reason || "Closed by the server", false);
}

/** What somebody is told who was in a room, and has no session any more. */
function loggedOut() {
  if (part("session").hidden) return "";
  return `You have been logged out. The server closed your connection to #${roomInUrl()}.`;
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
part("renew-now").addEventListener("click", () => void connection.renew());
setInterval(showStay, 1000);

part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (text.value.trim() === "") return;
  if (!connection.say(text.value)) {
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
