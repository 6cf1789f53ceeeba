import { describe, expect, it } from 'vitest';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { build } from './sharing.js';

const RECORD = { rooms: [], except: [], event: '["é"]', attachments: [Uint8Array.of(1, 2)], at: 0 };

describe('TrafficCounts', () => {
  it('count appends and the batches of others, by namespace and in all', () => {
    const counts = new TrafficCounts();
    counts.open('/one').append([RECORD, RECORD]);
    counts.open('/two').append([RECORD]);
    counts.of('/one').hear([RECORD]);
    const none = { messagesHeard: 0, messagesSent: 0, reads: 0 };
    const heard = { batchesHeard: 1, recordsHeard: 1, bytesHeard: 7 };
    const { namespaces, ...total } = counts.read();
    expect(namespaces).toEqual({
      '/one': { ...none, ...heard, appends: 1, recordsAppended: 2, bytesAppended: 14 },
      '/two': {
        ...{ ...none, batchesHeard: 0, recordsHeard: 0, bytesHeard: 0 },
        ...{ appends: 1, recordsAppended: 1, bytesAppended: 7 },
      },
    });
    expect(total).toEqual({ ...none, ...heard, appends: 2, recordsAppended: 3, bytesAppended: 21 });
  });

  it('keep the traffic of a removed namespace, and what belongs to none, in the totals', () => {
    const counts = new TrafficCounts();
    counts.open('/gone').reads += 1;
    counts.of('/gone').reads += 1;
    counts.close('/gone');
    counts.of('/gone').messagesHeard += 1;
    counts.open('/gone').reads += 1;
    // A namespace that was idle goes on with its counters.
    counts.open('/gone').reads += 1;
    expect(counts.read()).toMatchObject({ reads: 4, messagesHeard: 1, namespaces: { '/gone': { reads: 2 } } });
    counts.close('/unknown');
    expect(counts.read().reads).toBe(4);
  });
});

describe('The traffic of a log', () => {
  it('has each request of a process, and each batch that it hears', async () => {
    const { processes, followers, log, clock } = build(2);
    const [one, two] = processes;
    const follower = [...followers][1];
    if (!one || !two || !follower) throw new TypeError('two processes');
    const { reads } = one.log.traffic;
    one.emit('event');
    await clock.settle();
    one.delivery.tell(['act']);
    const { records } = await one.log.read(ZERO_OFFSET, 10);
    await one.log.readBack(undefined, 1);
    await one.log.newest();
    log.knows = () => true;
    expect(await one.log.knows('')).toBe(true);
    expect(one.log.traffic).toMatchObject({ reads: reads + 4, appends: 2, recordsAppended: 2, batchesHeard: 0 });
    follower.onBatch({ previous: ZERO_OFFSET, records });
    expect(two.log.traffic).toMatchObject({ batchesHeard: 1, recordsHeard: 2, appends: 0 });
    expect(two.listener.got).toEqual(['event']);
  });
});
