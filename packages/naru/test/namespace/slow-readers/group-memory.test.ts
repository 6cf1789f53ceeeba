import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import type { Mark } from '../../../src/namespace/event/marks.js';
import type { LoggedEvent } from '../../../src/namespace/log/records.js';
import { activePolicy } from '../../../src/namespace/slow-policies/policy.js';
import { GroupMemory } from '../../../src/namespace/slow-readers/group-memory.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

const POLICY = activePolicy({ policy: 'newest-group', bytesMax: 2_000 }, 1, false);

function build() {
  const clock = new FakeClock();
  const full = new Set<string>();
  const memory = new GroupMemory(clock, 3, (room) => !full.has(room));
  const add = (stream: string | undefined, mark: Mark, text: string, size = 100): void => {
    const packets = [new EncodedPacket(text.padEnd(size))];
    memory.add({ mark, stream }, { packets } as unknown as LoggedEvent, POLICY);
  };
  const textsOf = (stream: string | undefined): string[] =>
    memory.of(stream).map(({ packets }) => String(packets[0]?.unit).trim());
  return { clock, full, memory, add, textsOf };
}

describe('the memory of groups', () => {
  it('has the newest key of a room, and everything after it', () => {
    const { add, textsOf } = build();
    add('live', 'delta', 'd0');
    add('live', 'always', 'a0');
    expect(textsOf('live')).toEqual([]);
    add('live', 'key', 'K1');
    add('live', 'delta', 'd1');
    add('live', 'always', 'a1');
    add('other', 'key', 'other');
    add(undefined, 'key', 'all');
    expect(textsOf('live')).toEqual(['K1', 'd1', 'a1']);
    add('live', 'key', 'K2');
    expect([textsOf('live'), textsOf('other'), textsOf(undefined)]).toEqual([['K2'], ['other'], ['all']]);
  });

  it('forgets a group that is too large, until the next key', () => {
    const { add, textsOf } = build();
    add('live', 'key', 'K1', 1_000);
    add('live', 'delta', 'd1', 500);
    expect(textsOf('live').length).toBe(2);
    add('live', 'always', 'a1', 200);
    add('live', 'delta', 'd2', 10);
    expect(textsOf('live')).toEqual([]);
    add('live', 'key', 'K2');
    add('live', 'delta', 'd3');
    expect(textsOf('live')).toEqual(['K2', 'd3']);
  });

  it('has so many rooms, and forgets the one without events for the longest time', () => {
    const { memory, add, textsOf } = build();
    for (const room of ['a', 'b', 'c']) add(room, 'key', room);
    add('a', 'delta', 'more');
    add('d', 'key', 'd');
    expect(memory.count).toBe(3);
    expect(['a', 'b', 'c', 'd'].map((room) => textsOf(room).length)).toEqual([2, 0, 1, 1]);
  });

  it('forgets an empty room after a minute without events, and no room with members', async () => {
    const { clock, full, memory, add, textsOf } = build();
    full.add('watched');
    for (const room of ['watched', 'empty', undefined]) add(room, 'key', 'K');
    await clock.advance(40_000);
    add('empty', 'always', 'a');
    await clock.advance(40_000);
    expect([textsOf('watched'), textsOf('empty'), textsOf(undefined)]).toEqual([['K'], ['K', 'a'], []]);
    await clock.advance(40_000);
    expect(memory.count).toBe(1);
    full.clear();
    await clock.advance(60_000);
    expect([memory.count, clock.timerCount]).toEqual([0, 0]);
  });

  it('forgets rooms whose policy has changed, and everything at the end', () => {
    const { clock, memory, add } = build();
    for (const room of ['a', 'b', undefined]) add(room, 'key', 'K');
    memory.sweep(() => POLICY);
    expect(memory.count).toBe(3);
    memory.sweep(() => undefined, 'b');
    expect(memory.count).toBe(2);
    memory.sweep((rooms) => (rooms.length === 0 ? POLICY : undefined));
    expect([memory.of(undefined).length, memory.count]).toEqual([1, 1]);
    memory.clear();
    expect([memory.count, clock.timerCount]).toEqual([0, 0]);
  });
});
