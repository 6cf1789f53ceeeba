// The end of all workers before they take traffic, and before their clients were sent away in waves.
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { build, startProgram } from '../../../../test/kit/programs/naru.js';
import { app, listWorkers, openAt, serve } from './serving.js';

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

  it('comes at once by a second signal while the clients are sent away', async () => {
    const hanging = app.replace("socket.on('die'", "socket.on('hang', (done) => undefined);\n      socket.on('die'");
    const { url, program } = await serve(2, { 'index.js': hanging });
    const sockets = await Promise.all(
      (await listWorkers(url, 2)).map(async (pid) => {
        const socket = await openAt(url, pid);
        // A client that waits for an answer is sent away only after three seconds.
        socket.emit('hang', () => undefined);
        await socket.emitWithAck('where');
        return socket;
      }),
    );
    const reasons = sockets.map((socket) => once(socket as object as NodeJS.EventEmitter, 'disconnect'));
    const begunAt = performance.now();
    program.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sockets.map(({ connected }) => connected)).toEqual([true, true]);
    program.child.kill('SIGINT');
    expect((await Promise.all(reasons)).map(([reason]) => reason)).toEqual(['transport close', 'transport close']);
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - begunAt).toBeLessThan(2_500);
  });
});
