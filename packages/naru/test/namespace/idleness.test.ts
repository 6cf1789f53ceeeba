import { describe, expect, it } from 'vitest';
import { coreIn, join, stage } from '../../../../test/kit/servers/test-server.js';
import { LateHome } from '../../../testing/src/entry/index.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';

describe('Idleness', () => {
  it('ends with a client, and begins when its session is over', async () => {
    const server = stage({ connectionStateRecovery: { maxDisconnectionDuration: 5_000 } });
    const { idleness } = coreIn(server, '/a');
    expect(idleness.isIdle).toBe(true);
    const client = await join(server, '40/a,');
    expect(idleness.isIdle).toBe(false);
    client.terminate();
    await server.clock.advance(1_000);
    expect(idleness.isIdle).toBe(false);
    await server.clock.advance(6_000);
    expect(idleness.isIdle).toBe(true);
  });

  it('waits for events on their way into the log, for history, for erasures, and for what wires need', async () => {
    const clock = new FakeClock();
    const home = new LateHome({ clock, callMs: [10, 10], pushMs: [10, 10] });
    const backplane = home.part(clock, new SeededRandom(1)).connect();
    const server = stage({ backplane }, clock);
    await clock.advance(1_000);
    const nsp = server.io.of('/a');
    const { idleness } = coreIn(server, '/a');
    for (const begin of [
      async () => void nsp.emit('event'),
      () => nsp.history('room'),
      () => nsp.erase({ room: 'room' }),
    ]) {
      const ended = begin();
      expect(idleness.isIdle).toBe(false);
      await clock.advance(1_000);
      await ended;
      expect(idleness.isIdle).toBe(true);
    }
    let isNeeded = true;
    idleness.keepWhile(() => isNeeded);
    expect(idleness.isIdle).toBe(false);
    isNeeded = false;
    expect(idleness.isIdle).toBe(true);
  });

  it('waits for the newest group of a room, which a newcomer gets', async () => {
    const server = stage({});
    const nsp = server.io.of('/a').slow({ policy: 'newest-group' });
    const { idleness } = coreIn(server, '/a');
    nsp.to('room').mark('key').emit('picture');
    expect(idleness.isIdle).toBe(false);
    await server.clock.advance(61_000);
    expect(idleness.isIdle).toBe(true);
  });
});
