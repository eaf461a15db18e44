/**
 * The URL of a socket, by the page's scheme: `wss:` on an https page, whatever was written. Otherwise a path gives `ws:`, and an absolute URL keeps
 * its own security: http is `ws:`, https is `wss:`. It has no fragment, which `WebSocket` would throw for in older browsers.
 *
 * A path is resolved as a link's is: `//other.example` is another server. Encode what comes from a visitor.
 *
 * @param base the page's URL; in a page its own
 * @throws {TypeError} for what is no URL, and for schemes other than http, https, ws and wss
 * @example
 * socketUrl("/chat", "https://app.example/rooms#lobby"); // "wss://app.example/chat"
 */
export function socketUrl(path: string, base: string = location.href): string {
  if (URL.canParse(path, base)) {
    const url = new URL(path, base);
    if (/^(http|ws)s?:$/.test(url.protocol)) {
      // A worker made from a blob has a URL in a URL: its page's scheme is the inner one.
      const secure = /^(blob:)?https:/.test(new URL(base).href) || /^(https|wss):$/.test(url.protocol);
      url.protocol = secure ? "wss:" : "ws:";
      url.hash = "";
      return url.href;
    }
  }
  throw new TypeError(`No socket opens at "${path}" from "${base}". Write a path, or a URL that begins with "wss://".`);
}
