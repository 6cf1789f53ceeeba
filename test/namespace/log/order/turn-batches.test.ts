import { describe, expect, it, vi } from 'vitest';
import type { LogRecord } from '../../../../src/backplane/backplane.js';
import { type LoggedEvent, toldEvent } from '../../../../src/namespace/log/records.js';
import type { EncodedPacket } from '../../../../src/transport/encoded-packet.js';
import { build } from '../sharing.js';

/** One process, and the counts of records of the appends that it makes. */
function one(isLate: boolean) {
  const world = build(1, isLate);
  const [process] = world.processes;
  if (!process) throw new TypeError('one process');
  const home = world.log;
  const counts: number[] = [];
  const { append } = home;
  home.append = (namespace, records: readonly LogRecord[]) => {
    counts.push(records.length);
    return append(namespace, records);
  };
  return { ...world, ...process, home, counts };
}

const eventOf = (size: number): LoggedEvent => ({
  ...toldEvent(['x']),
  packets: [{ size, unit: '42["x"]' } as EncodedPacket],
});

describe('the events of a turn', () => {
  it('are appended together, in their order', async () => {
    const { emit, clock, counts, listener } = one(false);
    for (const name of ['a', 'b', 'c']) emit(name);
    expect(counts).toEqual([]);
    await clock.settle();
    expect([counts, listener.got]).toEqual([[3], ['a', 'b', 'c']]);
  });

  it.each([
    [10, [256, 44]],
    [100_000, Array.from({ length: 150 }, () => 2)],
    [1_000_000, Array.from({ length: 300 }, () => 1)],
  ])('go to a log on another machine in batches that it keeps together, with %i bytes each', async (size, expected) => {
    const { delivery, clock, counts } = one(true);
    for (let n = 0; n < 300; n += 1) delivery.keep(eventOf(size));
    await clock.settle();
    expect(counts).toEqual(expected);
  });

  it('count with the names that a log on another machine keeps with them', async () => {
    const rooms = new Set(Array.from({ length: 10_000 }, (_, n) => `room number ${n}`));
    const except = new Set([`a room ${'with a long name'.repeat(10_000)}`]);
    for (const target of [
      { rooms, except: new Set<string>(), flags: {} },
      { rooms: new Set<string>(), except, flags: {} },
    ]) {
      const { delivery, clock, counts } = one(true);
      delivery.keep(eventOf(1));
      delivery.keep({ ...eventOf(1), target });
      delivery.keep(eventOf(1));
      await clock.settle();
      expect(counts).toEqual([1, 1, 1]);
    }
  });

  it('keep an event that a listener of a failed log emits', async () => {
    const { emit, home, outbox, clock, errors, listener } = one(false);
    const { append } = home;
    home.append = () => {
      home.append = append;
      throw new TypeError('full');
    };
    vi.spyOn(errors, 'push').mockImplementationOnce(() => {
      emit('alert');
      return 0;
    });
    emit('lost');
    // Something else is postponed, so the events before it are appended.
    outbox.postpone({ settle: () => undefined });
    await clock.settle();
    expect(listener.got).toEqual(['lost', 'naru:gap', 'alert']);
  });
});
