import { describe, expect, it } from 'vitest';
import type { Row } from '../../bench/rows.mjs';
import { switched } from '../../bench/throughput.mjs';

/** A server that is two targets, of which `on` costs twice as much, and its loader. */
class Pair {
  readonly course: string[] = [];
  #cpuMs = 0;
  #looks = 0;
  #target = '';

  readonly server = {
    call: async (name: string, target = '') => {
      if (name === 'become') {
        // The cost of a change belongs to neither target.
        this.#cpuMs += 1_000;
        this.#target = target;
        this.course.push(target);
        return undefined;
      }
      this.#looks += 1;
      if (this.#looks % 2 === 0) this.#cpuMs += this.#target === 'on' ? 20 : 10;
      return { atMs: this.#looks * 100, cpuMs: this.#cpuMs, userMs: 0, rssBytes: 2 ** 20 };
    },
  };

  readonly loader = {
    call: async (name: string) => {
      if (name === 'run' || name === 'open') return undefined;
      return { atMs: this.#looks * 100, cpuMs: this.#looks, userMs: 0, count: this.#looks * 1_000 };
    },
  };
}

const row = { targets: ['on', 'off'], load: 'fanout' } as Partial<Row> as Row;

describe('a server that is two targets in turns', () => {
  it('has the CPU time of each turn counted for its target, in an order that no drift favours', async () => {
    const pair = new Pair();
    const settings = { seconds: 0.5, warmupSeconds: 0.25 } as never;
    const { on, off } = await switched(row, { ...pair, port: 0, dialect: '' } as never, settings);
    expect(pair.course).toEqual(['on', 'off', 'off', 'on', 'on']);
    expect([on?.perSecond, off?.perSecond]).toEqual([10_000, 10_000]);
    expect([on?.serverCpu, off?.serverCpu]).toEqual([0.2, 0.1]);
    expect([on?.perCpuSecond, off?.perCpuSecond]).toEqual([50_000, 100_000]);
  });
});
