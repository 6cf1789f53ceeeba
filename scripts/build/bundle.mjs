// Runs the bundler on modules of dist for Node. Other packages stay outside, and no code is left out.
import { isAbsolute } from 'node:path';
import { rolldown } from 'rolldown';

/** Bundles modules. `input` and `plugins` are those of Rolldown, and `output` says where to write. */
export async function bundle({ input, plugins, output }) {
  const build = await rolldown({
    input,
    plugins,
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    platform: 'node',
    treeshake: false,
    tsconfig: false,
    experimental: { attachDebugInfo: 'none' },
  });
  await build.write(output);
  await build.close();
}
