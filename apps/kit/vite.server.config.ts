// Builds the server of an application. It runs in the folder of the application.
import { defineConfig } from 'vite';

export default defineConfig({
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
