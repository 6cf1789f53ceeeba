import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { ClosingStreams } from '../../../src/transport/closing-streams.js';
import { type OpenOptions, PollingBench } from './open-polling.js';

let bench: PollingBench;
const open = async (options: OpenOptions = {}): Promise<void> => {
  bench = await new PollingBench(options).listen();
};

afterEach(async () => {
  await bench.stop();
  expect(bench.clock.timerCount).toBe(0);
});

describe('an answer that is not read', () => {
  // More than the system keeps for a connection.
  const large = `4${'x'.repeat(40_000_000)}`;

  it('is counted, and ends the session of a client that asks on when too much of it waits', async () => {
    await open({ bufferedBytesMax: 1_000_000 });
    for (const _ of [1, 2]) {
      await bench.pollUnread();
      bench.send(large);
      expect(bench.transport.bufferedBytes).toBeGreaterThan(1_000_000);
    }
    const [answer] = await bench.poll();
    expect((await answer)?.text).toBe('1');
    expect(bench.events).toEqual([
      'writable',
      'writable',
      'close: more than 1000000 bytes wait for a client that does not read',
    ]);
    expect(bench.closeError).toMatchObject({ name: 'UnavailableError', code: 'BUFFER_FULL' });
    await bench.clock.advance(30_000);
    await bench.until(() => bench.openCount === 0);
  });

  it('does not hold back a client that has read it', async () => {
    await open({ bufferedBytesMax: 1_000_000 });
    for (const _ of [1, 2]) {
      const [answer] = await bench.poll();
      expect(bench.transport.bufferedBytes).toBe(0);
      bench.send(large);
      expect((await answer)?.text).toBe(large);
    }
    expect(bench.events).toEqual(['writable', 'writable']);
  });

  it('is cut off after the end of the session, when the time for a close is over', async () => {
    await open();
    await bench.pollUnread();
    bench.send(large);
    bench.transport.close(1000);
    await bench.clock.advance(29_999);
    expect([bench.events.at(-1), bench.openCount]).toEqual(['close', 1]);
    await bench.clock.advance(1);
    await bench.until(() => bench.openCount === 0);
  });

  it('is cut off a few seconds after the server ends, if nobody reads', async () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    await open({ closing });
    await bench.pollUnread();
    bench.send(large);
    bench.transport.abort();
    closing.hurry();
    await clock.advance(4_000);
    await bench.until(() => bench.openCount === 0);
    expect(clock.timerCount).toBe(0);
  });
});
