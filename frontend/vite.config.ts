import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Three ways to run: `build` for Django (assets below /static/app/), `dev` in front of a running Palabre,
 * and the mode `fake`, where the server is src/testing/fakeServer.ts inside the page itself.
 */
export default defineConfig(({ command, mode }) => ({
  base: command === "build" && mode !== "fake" ? "/static/app/" : "/",
  plugins: [react()],
  // config/spa.py puts each answer's own nonce in its place.
  html: { cspNonce: "__CSP_NONCE__" },
  resolve: { alias: { "@": here("./src") } },
  build: {
    // The pictures' build is nobody's product: it stays out of the sources that are hashed and out of git.
    outDir: mode === "fake" ? "node_modules/.fake" : "dist",
    // A data: or inline asset would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
  },
  server: {
    port: 5173,
    proxy:
      mode === "fake"
        ? undefined
        : {
            "/api": process.env.PALABRE_URL ?? "http://127.0.0.1:8000",
            "/_allauth": process.env.PALABRE_URL ?? "http://127.0.0.1:8000",
            "/ws": { target: process.env.PALABRE_URL ?? "http://127.0.0.1:8000", ws: true },
          },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
    maxWorkers: 2,
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
}));
