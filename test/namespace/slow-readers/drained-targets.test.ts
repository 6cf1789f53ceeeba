import { describe, expect, it } from 'vitest';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import { acceptsMore, allDrained } from '../../../src/namespace/slow-readers/drained-targets.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';
import { join, stage } from '../../kit/servers/test-server.js';

const X = 'x'.repeat(1_000);

async function build() {
  const server = stage();
  const [stalled, quick] = [await join(server), await join(server)];
  const nsp = server.io.sockets as unknown as Namespace;
  const [one, other] = [...nsp.sockets.values()] as [Socket, Socket];
  nsp.slow({ policy: 'hold', bytesMax: 10_000 });
  one.join('room');
  other.join('others');
  stalled.link?.hold();
  let sent = 0;
  while (nsp.emit('n', sent, X)) {
    sent += 1;
    await server.clock.settle();
  }
  return { server, stalled, quick, nsp, one, sent };
}

describe('waiting for many', () => {
  it('is told by emit where one of those who are meant has too much waiting, and only there', async () => {
    const { nsp, sent, one, server } = await build();
    expect(sent).toBeGreaterThan(20);
    expect(nsp.to('room').emit('n')).toBe(false);
    expect(nsp.to('others').emit('n')).toBe(true);
    expect(nsp.except('room').emit('n')).toBe(true);
    expect(nsp.to(['others', one.id]).emit('n')).toBe(false);
    expect(acceptsMore(coreOf(nsp), EVERYBODY)).toBe(false);
    expect(server.io.engine.slow()).toMatchObject({ count: 1, readers: [{ id: one.id, policy: 'hold' }] });
  });

  it('ends when the last has read', async () => {
    const { nsp, stalled, server } = await build();
    const all = nsp.drained();
    expect(await nsp.to('others').drained()).toBe(true);
    stalled.link?.release();
    await server.clock.advance(1_000);
    expect(await all).toBe(true);
    expect(nsp.emit('n')).toBe(true);
    expect(server.io.engine.slow()).toMatchObject({ count: 0, totals: { held: 1 } });
  });

  it('ends when who was waited for has gone', async () => {
    const { nsp, stalled, server } = await build();
    const all = nsp.drained();
    stalled.link?.cut();
    await server.clock.advance(10);
    expect(await all).toBe(true);
  });

  it('does not hold up those who emit for longer than they want to wait, 10 seconds if they do not say', async () => {
    const { nsp, server } = await build();
    const [all, soon] = [nsp.drained(), allDrained(coreOf(nsp), EVERYBODY, { timeoutMs: 100 })];
    await server.clock.advance(100);
    expect(await soon).toBe(false);
    let isOver = false;
    void all.then(() => {
      isOver = true;
    });
    await server.clock.advance(9_899);
    expect(isOver).toBe(false);
    await server.clock.advance(1);
    expect(await all).toBe(false);
  });

  it('can be given up', async () => {
    const { nsp } = await build();
    const controller = new AbortController();
    const all = nsp.drained({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
  });
});
