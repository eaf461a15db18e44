import { defineConfig, type UserConfig } from "vite";

/** The page. The server that serves it, and the pages in its frames, are compiled by `tsc` beside it. */
const config: UserConfig = defineConfig({
  root: "src/page",
  // The server's CSP allows what has a URL, and nothing inline.
  build: { outDir: "../../dist/page", emptyOutDir: true, target: "es2023", assetsInlineLimit: 0 },
});

export default config;
