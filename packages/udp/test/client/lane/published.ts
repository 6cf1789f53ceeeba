/** Bundles a page with the files that the packages publish for pages, as its users do. */
import { build } from 'esbuild';
import { root } from '../../../../../test/tidy/source.js';

/** Returns a module, or a script that sets the global `naru` to what `source` exports. */
export async function bundlePublished(source: string, format: 'iife' | 'esm' = 'iife'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    minify: true,
    format,
    globalName: 'naru',
    target: 'es2022',
    write: false,
    logLevel: 'error',
    // The one of the repository leads to sources.
    tsconfigRaw: {},
  });
  return outputFiles[0]?.text ?? '';
}

/** A page with the client and lanes. */
export const LANE_PAGE = "export { io } from 'naru/client'; export { openLane } from '@naru/udp/lane';";
