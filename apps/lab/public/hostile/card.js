"use strict";

const part = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const kind = parameters.get("kind") ?? "site";
// Each page is a client of its own to the app, as if it had another address.
const url = `ws://${parameters.get("app")}/orders?from=${kind}`;

const kinds = {
  port: ["Another port of the host", "Cookies ignore ports: SameSite=Strict does not help."],
  site: ["Another site", "Any page that the visitor has open."],
  lookalike: ["A lookalike name", "startsWith and includes let this name in."],
  sandbox: ["A sandboxed frame", "Its Origin is null, which any page can get."],
  data: ["A data: URL", "Its Origin is null too."],
  rebound: ["DNS rebinding", "Its name leads to the app: only `hosts` stops it."],
  stolen: ["With a stolen ticket", "A valid ticket on the wrong page."],
  hurry: ["In a hurry", "Tries 30 times: the limit on failures stops it."],
};

const [title, about] = kinds[kind] ?? kinds.site;
part("title").textContent = title;
part("about").textContent = about;
part("origin").textContent = kind === "data" ? "null" : self.origin;

function show(text, className = "") {
  part("outcome").textContent = text;
  part("outcome").className = `outcome ${className}`;
}

/** Resolves to what the page got, or to undefined where it was refused. */
function attempt(target) {
  return new Promise((resolve) => {
    const socket = new WebSocket(target);
    socket.addEventListener("message", ({ data }) => {
      resolve(JSON.parse(data));
      socket.close();
    });
    socket.addEventListener("close", () => resolve(undefined));
  });
}

/** From a frame of a data: URL, as anybody can make one. */
function attemptFromData(target) {
  return new Promise((resolve) => {
    addEventListener("message", ({ data }) => resolve(data), { once: true });
    const script = `(${attempt.toString()})(${JSON.stringify(target)}).then((got) => parent.postMessage(got, "*"));`;
    const frame = document.createElement("iframe");
    frame.title = "The data: URL";
    frame.src = `data:text/html,${encodeURIComponent(`<script>${script}</script>`)}`;
    document.body.append(frame);
  });
}

async function run() {
  show("Trying");
  if (kind === "hurry") {
    let refused = 0;
    for (let count = 0; count < 30; count++) if ((await attempt(url)) === undefined) refused++;
    show(`${refused} of 30 refused. The page only sees 1006.`, refused === 30 ? "out" : "in");
    return;
  }
  const ticket = kind === "stolen" ? await (await fetch("/stolen")).text() : undefined;
  const target = ticket === undefined ? url : `${url}&ticket=${ticket}`;
  const got = await (kind === "data" ? attemptFromData(target) : attempt(target));
  if (got === undefined) show("Refused. The page only sees 1006.", "out");
  else show(`Let in: it reads the orders of ${got.customer}.`, "in");
}

part("again").addEventListener("click", () => void run());
if (kind === "hurry") show("Not tried yet.");
else void run();
