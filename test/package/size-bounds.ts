/** The most bytes that a part of the package may have, compressed with gzip. `npm test` measures them. */
export const BYTES_MAX = {
  /** The files that a page loads at once for an entry, as esbuild makes them for production. */
  page: { 'naru/client': 10_100, 'naru/client/websocket': 8_300 },
  /** How much more the same page may have with Vite, which adds its own code for preloading. */
  viteAdds: 800,
  /** The bundles for `<script>`. */
  script: { 'browser.ts': 9_980, 'browser-websocket.ts': 7_980 },
} as const;
