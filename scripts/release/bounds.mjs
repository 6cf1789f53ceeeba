/** The most that a part of the packages may have. `npm test` and `npm run release` measure it. */
export const BOUNDS = {
  /** Bytes of the files that a page loads at once for an entry, made by esbuild for production, with gzip -9. */
  page: { 'naru/client': 9_312, 'naru/client/websocket': 7_661 },
  /** Bytes of the same page by Vite, which adds its own code for preloading. */
  pageByVite: { 'naru/client': 10_094, 'naru/client/websocket': 7_886 },
  /** Bytes of the bundles for `<script>`, with gzip -9. */
  script: { 'browser.ts': 9_673, 'browser-websocket.ts': 7_523 },
  /** The files that `npm install naru` brings, with those of its dependencies. */
  install: { bytes: 4_000_000, files: 200 },
  /** Lines with code of `packages/naru/src`: lines that are neither empty nor only a comment. */
  coreLines: 34_751,
};
