import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: false,
  ssr: { external: ['naru'] },
  build: {
    ssr: 'server/main.ts',
    outDir: 'dist',
    // The page is built first, into a folder of this one.
    emptyOutDir: false,
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'server.js' } },
  },
});
