import { connect } from "./client/index.js";

const part = (id) => document.getElementById(id);
const outcome = part("outcome");

part("origin").textContent = location.origin;

function show(text, kind = "") {
  outcome.textContent = text;
  outcome.className = `outcome ${kind}`;
}

const connection = connect({
  url: "/orders",
  // The app asks for one or not, as its policy has it; without one that is good for this page there is none.
  ticket: async (signal) => {
    const response = await fetch("/ticket", { method: "POST", signal });
    return response.ok ? (await response.json()).ticket : "none";
  },
  retry: { min: 1000, max: 15_000 },
  onMessage({ data }) {
    const { customer, orders } = JSON.parse(data);
    part("who").textContent = customer;
    part("orders").replaceChildren(
      ...orders.map((order) => {
        const item = document.createElement("li");
        item.textContent = order;
        return item;
      }),
    );
    show("Open. The orders are live.", "fine");
  },
  onState(state) {
    if (state === "connecting") show("Connecting");
    if (state === "waiting" || state === "closed") show("Refused. The page only sees 1006.", "in");
  },
});

part("order").addEventListener("click", () => {
  if (!connection.send("order")) connection.reconnect();
});
