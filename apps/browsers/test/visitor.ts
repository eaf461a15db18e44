import type { Browser, BrowserContext, Page } from "playwright-core";
import { type BrowserName, launch, leaveDocument } from "../../../packages/client/test/browsers.ts";
import { authority, tls } from "./certificate.ts";
import { type Chat, frameworks } from "./chat.ts";

const names = [...frameworks, "blog", "api"].map((name) => `${name}.example.test`);

export const launchHere = (name: BrowserName): Promise<Browser | { readonly missing: string }> =>
  launch(name, { names: [...names, "evil.test"], tls: { authority, cert: tls.cert } });

/** A browser's profile with one page open in it. */
export interface Seat {
  readonly context: BrowserContext;
  readonly home: Page;
}

export async function openSeat(browser: Browser): Promise<Seat> {
  const context = await browser.newContext();
  return { context, home: await context.newPage() };
}

/** Makes it as it was when it was opened, which takes a browser less long than to open another. */
export async function clearSeat({ context, home }: Seat): Promise<void> {
  for (const page of context.pages()) if (page !== home) await page.close();
  await leaveDocument(home);
  await context.clearCookies();
}

/** Somebody with a browser, logged in to a chat. */
export interface Visitor extends Seat {
  readonly name: string;
  ticket(): Promise<string>;
  post(path: string, body: object): Promise<number>;
}

/** Logs in on the chat's own page, which has a session's cookie then (`Strict`) and two others (`Lax` and `None`). */
export async function logIn({ context, home }: Seat, chat: Chat, name: string): Promise<Visitor> {
  // The icon is on the chat's origin, and has no script that opens sockets.
  await home.goto(`${chat.url}/icon.svg`);
  const post = (path: string, body: object): Promise<number> =>
    home.evaluate(
      async ([path, body]) => {
        const headers = { "Content-Type": "application/json" };
        const { status } = await fetch(path, { method: "POST", headers, body });
        return status;
      },
      [path, JSON.stringify(body)] as const,
    );
  const status = await post("/api/login", { name, password: "correct horse" });
  if (status !== 204) throw new Error(`Logging in was answered with ${status}.`);
  await context.addCookies(
    (["Lax", "None"] as const).map((sameSite) => ({
      name: sameSite.toLowerCase(),
      value: "1",
      domain: chat.host,
      path: "/",
      secure: true,
      sameSite,
    })),
  );
  return {
    name,
    context,
    home,
    post,
    ticket: () =>
      home.evaluate(async () => {
        const response = await fetch("/api/ticket", { method: "POST" });
        const { ticket }: { ticket: string } = await response.json();
        return ticket;
      }),
  };
}
