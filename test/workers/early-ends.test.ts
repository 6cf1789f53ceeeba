// The end of all workers before they take traffic, and before their clients were sent away in waves.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../kit/folders.js';
import { build, startProgram } from '../kit/programs/naru.js';

beforeAll(build);

const dist = fileURLToPath(new URL('../../dist/esm/entry/', import.meta.url));

describe('the end of all workers', () => {
  it('comes by a signal while the workers still load the program', async () => {
    const loading = `
      import nodeCluster from 'node:cluster';
      import { setTimeout } from 'node:timers/promises';
      import { cluster } from ${JSON.stringify(`${dist}cluster.js`)};
      if (nodeCluster.isPrimary) console.log('starts');
      else {
        console.log('loads');
        await setTimeout(60_000);
      }
      await cluster({ workers: 1 }, () => undefined).catch(() => undefined);`;
    const program = startProgram([join(makeFolder({ 'index.mjs': loading }), 'index.mjs')]);
    await program.waitFor(/^loads$/m);
    const begunAt = performance.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'starts\nloads\n', stderr: '' });
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  });
});
