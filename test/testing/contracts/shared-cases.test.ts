import { describe, expect, it } from 'vitest';
import type { Talk } from '../../../src/backplane/talk/talk.js';
import type { WorkQueueStore } from '../../../src/backplane/work-queues.js';
import { brokenBy } from './broken-by.js';

describe('the contract between processes', () => {
  it('notices talk that repeats a message, or forgets who is missing', async () => {
    const cases = [
      'tells every other node each message once, in order',
      'names a node that leaves while it is asked, at once',
    ];
    const broken = await brokenBy((backplane) => {
      const { talk } = backplane;
      const join: Talk['join'] = (handler) => {
        const member = (talk as Talk).join(handler);
        return Object.assign(Object.create(member), {
          publish: (...args: Parameters<typeof member.publish>) => {
            member.publish(...args);
            member.publish(...args);
          },
          ask: async (...args: Parameters<typeof member.ask>) => ({ ...(await member.ask(...args)), missing: [] }),
        });
      };
      return { ...backplane, talk: { join } };
    });
    expect(broken).toEqual(expect.arrayContaining(cases));
  });

  it('notices queues that give a message to two takers, or forget the hold of one', async () => {
    const names = (change: (queues: WorkQueueStore) => Partial<WorkQueueStore>): Promise<string[]> =>
      brokenBy((backplane) => {
        const queues = backplane.queues as WorkQueueStore;
        return { ...backplane, queues: Object.assign(queues, change(queues)) };
      });
    expect(
      await names((queues) => {
        const { take } = queues;
        return { take: (queue, count) => take.call(queues, queue, count, 0) };
      }),
    ).toContain('gives each message of a queue to one taker, in order');
    expect(await names(() => ({ renew: (_queue, ids) => ids }))).toEqual([
      'ends holds that are not renewed',
      'renews a hold that has ended if nobody has taken the message since',
      'heeds the taker that holds a message, and no earlier one',
    ]);
    expect(
      await names((queues) => {
        const put = queues.put.bind(queues);
        return {
          put: async (puts, bounds) => {
            for (const each of puts) {
              const answer = await put([each], bounds);
              if (answer !== 'kept') return answer;
            }
            return 'kept';
          },
        };
      }),
    ).toEqual(['keeps the messages for several queues, or none']);
    expect(
      await names((queues) => {
        const put = queues.put.bind(queues);
        return { put: (puts, bounds) => put(puts, { ...bounds, queuesMax: 9, totalBytesMax: 9_999 }) };
      }),
    ).toEqual(['bounds all queues together']);
    expect(
      await names((queues) => {
        const [take, finish] = [queues.take.bind(queues), queues.finish.bind(queues)];
        let ids: string[] = [];
        return {
          take: async (...args) => {
            const held = await take(...args);
            if (held.length > 0) ids = held.map(({ id }) => id);
            return held.map((each, at) => ({ ...each, id: `${at + 1}` }));
          },
          finish: (queue, numbers) =>
            finish(
              queue,
              numbers.flatMap((number) => ids[Number(number) - 1] ?? []),
            ),
        };
      }),
    ).toContain('keeps a message from a taker that has lost an earlier one');
    expect(await names(() => ({ watch: () => () => undefined }))).toEqual([
      'tells watchers of messages that they may take',
    ]);
  });
});
