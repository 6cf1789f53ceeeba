/** The most that a part of the packages may have. `npm test` and `npm run release` measure it. */
export const BOUNDS = {
  /** Bytes of the files that a page loads at once for an entry, made by esbuild for production, with gzip -9. */
  page: { 'naru/client': 9_384, 'naru/client/websocket': 7_693 },
  /** Bytes of the same page by Vite, which adds its own code for preloading. */
  pageByVite: { 'naru/client': 10_138, 'naru/client/websocket': 7_918 },
  /** Bytes of the bundles for `<script>`, with gzip -9. */
  script: { 'browser.ts': 9_724, 'browser-websocket.ts': 7_558 },
  /** The files that `npm install naru` brings, with those of its dependencies. */
  install: { bytes: 4_000_000, files: 200 },
  /** Lines with code of `packages/naru/src`: lines that are neither empty nor only a comment. */
  coreLines: 35_067,
};
