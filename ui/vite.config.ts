import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
// @ts-expect-error a script without types
import { packages } from "./scripts/licences.mjs";
// @ts-expect-error a script without types
import { texts } from "./scripts/texts.mjs";

declare const process: { env: Record<string, string | undefined> };

// Where `npm run dev` finds the server: `parcours serve` on its own port.
const server = process.env.PARCOURS_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), texts(), packages()],
  build: {
    outDir: "../src/parcours/static",
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    // Browsers that know light-dark() themselves: what stands in for it elsewhere needs a colour scheme in this file.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": server, "/link": server, "/invitation": server } },
  test: { environment: "jsdom", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
