// The build of `assets/` for the browser, into `assets/dist/`; Django finds the files through the manifest.
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative URLs, so that chunks and styles work under any STATIC_URL.
  base: "./",
  publicDir: false,
  plugins: [tailwindcss()],
  build: {
    outDir: "assets/dist",
    assetsDir: "",
    // Vite's default location is a hidden folder, which packaging tools easily miss.
    manifest: "manifest.json",
    // A test checks the compressed size, which is the one that matters.
    reportCompressedSize: false,
    chunkSizeWarningLimit: Infinity,
    rolldownOptions: {
      // htmx contains an eval behind `allowEval`, which is off; the content security policy forbids eval, too.
      checks: { eval: false, pluginTimings: false },
      // The style sheet is a separate entry, so that it loads without JavaScript and does not delay scripts.
      input: ["assets/javascript/main.ts", "assets/javascript/theme.ts", "assets/styles/main.css"],
    },
  },
});
