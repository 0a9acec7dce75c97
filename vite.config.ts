// What is built of `assets/` for the browser, into `assets/dist/`; Django finds it there by the manifest.
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  // Chunks and styles find each other wherever STATIC_URL puts them.
  base: "./",
  publicDir: false,
  plugins: [tailwindcss()],
  build: {
    outDir: "assets/dist",
    assetsDir: "",
    // Vite's own place for it is a hidden folder, which a packager easily leaves behind.
    manifest: "manifest.json",
    // The size that says something, after compression, is a test's to watch.
    reportCompressedSize: false,
    chunkSizeWarningLimit: Infinity,
    rolldownOptions: {
      // htmx holds an eval behind `allowEval`, which is off, and the policy forbids it besides.
      checks: { eval: false, pluginTimings: false },
      // The style sheet is an entry of its own: it comes without JavaScript, and none waits for it.
      input: ["assets/javascript/main.ts", "assets/javascript/theme.ts", "assets/styles/main.css"],
    },
  },
});
