/** Builds the dashboard into dist/dashboard: the page of a lab and that of a hub. No address but their own, nothing inline. */
import path from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: path.join(import.meta.dirname, '../dist/dashboard'),
    emptyOutDir: true,
    rollupOptions: { input: ['index.html', 'hub.html'].map((page) => path.join(import.meta.dirname, page)) },
    // Inlined files would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
