import { defineConfig } from "vite";

export default defineConfig({
  server: {
    port: 5173,
    strictPort: true, // Another port would be another origin.
    host: process.env.LAN_ORIGINS ? true : "localhost", // For phones, on every network.
    proxy: {
      "/chat": { target: `http://localhost:${process.env.VITE_API_PORT ?? 3000}`, ws: true },
    },
  },
});
