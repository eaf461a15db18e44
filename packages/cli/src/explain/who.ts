/** The names of clients, as a finding gives them. */
export const chrome = "Chrome, Edge or another Chromium browser";
export const firefox = "Firefox";
export const safari = "Safari or another WebKit browser";
export const browsers = "a browser";
export const ws = "`ws` for Node, or a program that uses it (wscat)";
export const node = "Node's own WebSocket (undici)";
export const python = "Python (websockets, websocket-client or aiohttp)";
export const coder = "Go, coder/websocket";
export const gorilla = "Go, gorilla/websocket";
export const socketIo = "Socket.IO";
