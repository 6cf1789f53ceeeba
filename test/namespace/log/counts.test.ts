import { describe, expect, it } from 'vitest';
import { type Log, type LogFollower, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { MemoryLog } from '../../../src/backplane/memory.js';
import { countedLog, TrafficCounts } from '../../../src/namespace/log/counts.js';
import { FakeClock } from '../../../src/testing/index.js';

const RECORD = { rooms: [], except: [], event: '["é"]', attachments: [Uint8Array.of(1, 2)], at: 0 };

describe('TrafficCounts', () => {
  it('count the requests and the batches of a log, by namespace and in all', () => {
    const counts = new TrafficCounts();
    const memory = new MemoryLog(new FakeClock(), { ageMs: 1_000, bytes: 1_000 });
    let told: LogFollower | undefined;
    const log: Log = {
      append: (...args) => memory.append(...args),
      read: (...args) => memory.read(...args),
      readBack: (...args) => memory.readBack(...args),
      knows: () => true,
      extent: (name) => memory.extent(name),
      erase: (...args) => memory.erase(...args),
      retain: (...args) => memory.retain(...args),
      follow: (name, follower) => {
        told = follower;
        return memory.follow(name);
      },
    };
    const [one, two] = [countedLog(log, counts.open('/one')), countedLog(log, counts.open('/two'))];
    one.append('/one', [RECORD, RECORD]);
    two.append('/two', [RECORD]);
    one.read('/one', ZERO_OFFSET, 1);
    one.readBack('/one', undefined, 1);
    one.extent('/one');
    one.knows?.('/one', ZERO_OFFSET);
    const batches: unknown[] = [];
    one.follow('/one', { onMore: () => batches.push('more'), onBatch: (batch) => batches.push(batch) });
    const batch = { previous: ZERO_OFFSET, records: [{ ...RECORD, offset: '00000000001' }] };
    told?.onBatch(batch);
    told?.onMore();
    expect(batches).toEqual([batch, 'more']);
    const none = { messagesHeard: 0, messagesSent: 0 };
    const heard = { batchesHeard: 1, recordsHeard: 1, bytesHeard: 7 };
    const { namespaces, ...total } = counts.read();
    expect(namespaces).toEqual({
      '/one': { ...none, ...heard, reads: 4, appends: 1, recordsAppended: 2, bytesAppended: 14 },
      '/two': {
        ...{ ...none, batchesHeard: 0, recordsHeard: 0, bytesHeard: 0 },
        ...{ reads: 0, appends: 1, recordsAppended: 1, bytesAppended: 7 },
      },
    });
    expect(total).toEqual({ ...none, ...heard, reads: 4, appends: 2, recordsAppended: 3, bytesAppended: 21 });
  });

  it('keep the traffic of a removed namespace, and what belongs to none, in the totals', () => {
    const counts = new TrafficCounts();
    counts.open('/gone').reads += 1;
    counts.of('/gone').reads += 1;
    counts.close('/gone');
    counts.of('/gone').messagesHeard += 1;
    counts.open('/gone').reads += 1;
    counts.open('/gone').reads += 1;
    expect(counts.read()).toMatchObject({ reads: 4, messagesHeard: 1, namespaces: { '/gone': { reads: 1 } } });
    counts.close('/unknown');
    expect(counts.read().reads).toBe(4);
  });
});
