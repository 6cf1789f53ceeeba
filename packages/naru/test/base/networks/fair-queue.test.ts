import { expect, it } from 'vitest';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { FairQueue, type Queued } from '../../../src/base/networks/fair-queue.js';

it('keeps the order of arrival, whoever leaves', () => {
  const queue = new FairQueue<number>();
  const queued = [0, 1, 2, 3].map((n) => queue.add(n, n % 2 ? 'odd' : 'even'));
  expect(queue.first()?.item).toBe(0);
  expect(queued.slice(0, 2).map((each) => queue.remove(each))).toEqual([true, true]);
  expect([queue.first()?.item, queue.size, queue.networkCount]).toEqual([2, 2, 2]);
  expect(queue.remove(queued[0] as Queued<number>)).toBe(false);
});

it('replaces the last entry of the largest network by one of a network with two less', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3']) queue.add(item, 'a');
  queue.add('b1', 'b');
  expect([queue.evictFor('a'), queue.evictFor('b')?.item, queue.evictFor('c')?.item]).toEqual([undefined, 'a3', 'a3']);
  queue.remove(queue.evictFor('c') as Queued<string>);
  expect([queue.evictFor('b'), queue.evictFor('c')?.item]).toEqual([undefined, 'a2']);
  queue.remove(queue.evictFor('c') as Queued<string>);
  expect(queue.evictFor('c')).toBeUndefined();
});

it.each([1, 2, 3, 4])('knows the largest share at any time, and forgets removed entries (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const queue = new FairQueue<number>();
  const all: { network: string; queued: Queued<number> }[] = [];
  for (let n = 0; n < 3_000; n += 1) {
    const isAdded = all.length === 0 || random.fraction() < (n < 1_500 ? 0.6 : 0.4);
    if (isAdded) {
      const network = `n${Math.floor(random.fraction() ** 2 * 12)}`;
      all.push({ network, queued: queue.add(n, network) });
    } else {
      const at = Math.floor(random.fraction() * all.length);
      expect(queue.remove(all.splice(at, 1)[0]?.queued as Queued<number>)).toBe(true);
    }
    const counts = new Map<string, number>();
    for (const { network } of all) counts.set(network, (counts.get(network) ?? 0) + 1);
    const largest = Math.max(0, ...counts.values());
    expect(queue.first()).toBe(all[0]?.queued);
    const evicted = queue.evictFor('new');
    expect([queue.size, queue.networkCount, evicted !== undefined]).toEqual([all.length, counts.size, largest >= 2]);
    if (!evicted) continue;
    const { network } = all.find(({ queued }) => queued === evicted) as { network: string };
    expect(counts.get(network)).toBe(largest);
    expect(all.findLast((each) => each.network === network)?.queued).toBe(evicted);
  }
});

it('serves the networks round robin, and each in the order of arrival', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item, item.charAt(0));
  const served: string[] = [];
  for (let queued = queue.firstOfNextNetwork(); queued; queued = queue.firstOfNextNetwork()) {
    served.push(queued.item);
    queue.remove(queued);
  }
  expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});
