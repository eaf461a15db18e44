// The API on its own port of the machine that served this page, so that it also works on a phone.
const api = `${location.hostname}:${import.meta.env.VITE_API_PORT ?? 3000}`;
const show = (id, text) => (document.getElementById(id).textContent = text);

fetch(`http://${api}/hello`)
  .then((response) => response.json())
  .then(({ hello }) => show("http", hello))
  .catch((error) => show("http", String(error)));

// With ?proxy through Vite (server.proxy in vite.config.mjs): the socket's URL is then the page's own.
const proxied = new URLSearchParams(location.search).has("proxy");
const socket = new WebSocket(`ws://${proxied ? location.host : api}/chat`);
socket.addEventListener("open", () => socket.send("from the socket"));
socket.addEventListener("message", ({ data }) => show("socket", data));
socket.addEventListener("error", () => show("socket", "refused: the API's log says why"));
