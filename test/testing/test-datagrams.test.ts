import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { TestDatagrams } from '../../src/testing/test-datagrams.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function carry(chances: { loss?: number; disorder?: number }, count: number, size = 1): Promise<number[]> {
  const all = { loss: 0, disorder: 0, bytesMax: 100, ...chances };
  const [near, far] = [new TestDatagrams(new SeededRandom(3), all), new TestDatagrams(new SeededRandom(4), all)];
  TestDatagrams.join(near, far);
  const seen: number[] = [];
  const reader = far.readable.getReader();
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      seen.push(value[0] ?? -1);
    }
  })();
  const writer = near.writable.getWriter();
  for (let index = 0; index < count; index += 1) await writer.write(new Uint8Array(size).fill(index));
  await turn();
  far.close();
  await reading;
  return seen;
}

describe('datagrams', () => {
  it('all arrive in order where nothing is to go wrong', async () => {
    expect(await carry({}, 50)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('are lost by chance, the same ones for the same seed', async () => {
    const seen = await carry({ loss: 0.5 }, 100);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.length).toBeLessThan(80);
    expect(await carry({ loss: 0.5 }, 100)).toEqual(seen);
  });

  it('overtake each other by chance', async () => {
    const seen = await carry({ disorder: 0.3 }, 100);
    expect(seen).not.toEqual([...seen].sort((one, other) => one - other));
  });

  it('that are too large are dropped without a word', async () => {
    expect(await carry({}, 1, 100)).toHaveLength(1);
    expect(await carry({}, 1, 101)).toHaveLength(0);
  });

  it('that nobody reads are forgotten, the oldest first', async () => {
    const chances = { loss: 0, disorder: 0, bytesMax: 100 };
    const [near, far] = [
      new TestDatagrams(new SeededRandom(1), chances),
      new TestDatagrams(new SeededRandom(2), chances),
    ];
    TestDatagrams.join(near, far);
    const writer = near.writable.getWriter();
    for (let index = 0; index < 1_100; index += 1) await writer.write(Uint8Array.of(index >> 8, index & 255));
    const { value } = await far.readable.getReader().read();
    expect([...(value ?? [])]).toEqual([0, 100]);
  });
});
