import { describe, expect, it, vi } from 'vitest';
import type { LogRecord } from '../../../../src/backplane/backplane.js';
import type { Target } from '../../../../src/namespace/event/target.js';
import { EVERYBODY } from '../../../../src/namespace/rooms.js';
import { PacketType } from '../../../../src/protocol/socket-io/packet.js';
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

/** The same, and a function that keeps an event of so many bytes. */
function oneSized(size: number) {
  const world = one(true);
  const packet = { type: PacketType.EVENT, nsp: '/', data: ['x'] };
  vi.spyOn(world.context.codec, 'encode').mockReturnValue([{ size, unit: '42["x"]' } as EncodedPacket]);
  return { ...world, keep: (target: Target = EVERYBODY) => world.delivery.keep(packet, target) };
}

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
    const { keep, clock, counts } = oneSized(size);
    for (let n = 0; n < 300; n += 1) keep();
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
      const { keep, clock, counts } = oneSized(1);
      keep();
      keep(target);
      keep();
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
