// Next's own types do not say that the default import of an ES module is the function.

declare module "next" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface App {
    prepare(): Promise<void>;
    getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    close(): Promise<void>;
  }

  function next(options: { readonly dev?: boolean; readonly dir?: string }): App;
  export = next;
}
