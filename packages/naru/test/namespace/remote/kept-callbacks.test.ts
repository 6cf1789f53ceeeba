import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/entry/index.js';
import { KeptCallbacks } from '../../../src/namespace/remote/kept-callbacks.js';

it('calls back in order, when the events of the turn are appended and the log has them', async () => {
  const clock = new FakeClock();
  const order: string[] = [];
  let go = (): void => undefined;
  const kept = new KeptCallbacks({
    clock,
    settle: () => order.push('appended'),
    log: {
      fences: {
        run: (operation) => {
          go = operation;
        },
      },
    },
  });
  kept.add(() => order.push('first'));
  kept.add(() => order.push('second'));
  expect(order).toEqual([]);
  await clock.advance(0);
  expect(order.splice(0)).toEqual(['appended']);
  kept.add(() => order.push('later'));
  go();
  expect(order.splice(0)).toEqual(['first', 'second']);
  await clock.advance(0);
  go();
  expect(order).toEqual(['appended', 'later']);
});
