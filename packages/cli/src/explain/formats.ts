import type { Message } from "./message.ts";

/** What only the lines of one program have, in a normalised line. */
const marks: readonly (readonly [mark: string | RegExp, program: string])[] = [
  ["[wsorigin]", "wsorigin's log"],
  ["err_wsorigin", "an error of wsorigin"],
  ["websockets.exceptions.", "Python, websockets"],
  ["aiohttp.", "Python, aiohttp"],
  ["websocket._exceptions.", "Python, websocket-client"],
  ["traceback (most recent call last)", "Python"],
  ["system.net.websockets", ".NET"],
  ["okhttp3.", "Java or Android, OkHttp"],
  ["java.", "Java"],
  ["nsurlerrordomain", "iOS or macOS, URLSession"],
  ["nsposixerrordomain", "iOS or macOS, URLSession"],
  ["knwerrordomain", "Safari or iOS, Network.framework"],
  ["websocketchannelexception", "Dart or Flutter"],
  ["websocketexception:", "Dart, Flutter or .NET"],
  ["[vite]", "Vite"],
  ["[hmr]", "Next.js or webpack"],
  ["socket.io", "Socket.IO"],
  ["engine.io", "Socket.IO"],
  ["undici", "Node.js, undici"],
  ["node:internal", "Node.js"],
  ["panicked at", "Rust"],
  ["goroutine ", "Go"],
  ["networkerror:", "Deno or a browser"],
  [/^[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8} \[[a-z]{4,6}\] [0-9]+#[0-9]+:/, "nginx's error log"],
  [/\bah[0-9]{5}:/, "Apache's error log"],
  [/'logger':'(?:http|tls|caddy)/, "Caddy's log"],
  [/\b(?:cf-ray|cloudflare)\b/, "Cloudflare"],
  [/\b(?:awselb|x-amz|amazonaws)\b/, "AWS"],
  ["cloudfront", "CloudFront"],
  ["uncaught (in promise)", "a browser's console"],
  ["websocket connection to '<url>'", "a browser's console, or Bun"],
];

/** The program that a line is from, by its form. */
export function programOf({ plain }: Message): string | undefined {
  return marks.find(([mark]) => (typeof mark === "string" ? plain.includes(mark) : mark.test(plain)))?.[1];
}
