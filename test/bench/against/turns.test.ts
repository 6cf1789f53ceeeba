import { describe, expect, it } from 'vitest';
import { Turns } from '../../../bench/against/turns.mjs';

describe('turns', () => {
  it('let one work at a time, in the order of their beginnings', async () => {
    const turns = new Turns();
    const course: string[] = [];
    const work = (name: string, count: number) => async (pass: () => Promise<void>) => {
      for (let turn = 0; turn < count; turn += 1) {
        course.push(`${name}${turn} begins`);
        await Promise.resolve();
        course.push(`${name}${turn} ends`);
        await pass();
      }
      return name;
    };
    expect(await Promise.all([turns.run(work('a', 3)), turns.run(work('b', 2))])).toEqual(['a', 'b']);
    const steps = ['a0', 'b0', 'a1', 'b1', 'a2'];
    expect(course).toEqual(steps.flatMap((step) => [`${step} begins`, `${step} ends`]));
  });

  it('go on after one that failed', async () => {
    const turns = new Turns();
    const failed = turns.run(() => Promise.reject(new Error('no')));
    const other = turns.run(async (pass) => {
      await pass();
      return 'done';
    });
    await expect(failed).rejects.toThrow('no');
    expect(await other).toBe('done');
  });
});
