import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { holdSocket } from '../../../../src/server/admission/handshake-waits.js';

async function pair(): Promise<[near: Socket, far: Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    for (const end of [near, far]) end.destroy();
    server.close();
  });
  far.on('error', () => undefined);
  return [near, far];
}

describe('holdSocket', () => {
  it('keeps the data that arrives meanwhile, in order, for its next reader', async () => {
    const [near, far] = await pair();
    const release = holdSocket(near);
    far.write('one ');
    await expect.poll(() => near.readableLength).toBe(4);
    far.write('two ');
    await expect.poll(() => near.readableLength).toBe(8);
    release();
    let got = '';
    near.on('data', (chunk) => {
      got += chunk;
    });
    far.end('three');
    await once(near, 'end');
    expect([got, near.destroyed]).toEqual(['one two three', false]);
    expect(near.listenerCount('readable') + near.listenerCount('error')).toBe(0);
  });

  it.each([
    ['goes', (far: Socket) => far.end()],
    ['breaks off', (far: Socket) => far.resetAndDestroy()],
  ])('closes a socket whose peer %s', async (_how, go) => {
    const [near, far] = await pair();
    holdSocket(near);
    const closed = new Promise<void>((resolve) => {
      near.on('close', () => resolve());
    });
    go(far);
    await closed;
    expect(near.destroyed).toBe(true);
  });

  it('lets its socket flow again when nothing arrived', async () => {
    const [near, far] = await pair();
    holdSocket(near)();
    near.on('data', (chunk) => near.end(chunk));
    far.write('hi');
    const [said] = (await once(far, 'data')) as [Buffer];
    expect(String(said)).toBe('hi');
  });
});
