import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// Everything is served from our own host under hashed names; the manifest tells the pages which.
export default defineConfig({
  base: "/static/",
  plugins: [tailwindcss()],
  build: {
    outDir: "../src/tessera/web/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: { input: "src/main.js" },
  },
});
