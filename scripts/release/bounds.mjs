/** The most that a part of the packages may have. `npm test` and `npm run release` measure it. */
export const BOUNDS = {
  /** Bytes of the files that a page loads at once for an entry, made by esbuild for production, with gzip -9. */
  page: { 'naru/client': 9_365, 'naru/client/websocket': 7_672 },
  /** Bytes of the same page by Vite, which adds its own code for preloading. */
  pageByVite: { 'naru/client': 10_121, 'naru/client/websocket': 7_900 },
  /** Bytes of the bundles for `<script>`, with gzip -9. */
  script: { 'browser.ts': 9_707, 'browser-websocket.ts': 7_538 },
  /** The files that `npm install naru` brings, with those of its dependencies. */
  install: { bytes: 4_000_000, files: 200 },
  /** Lines with code of `packages/naru/src`: lines that are neither empty nor only a comment. */
  coreLines: 35_051,
};
