import { describe, expect, it, vi } from 'vitest';
import { catchUncaught } from '../../../../../../test/kit/uncaught.js';
import { build, turns } from '../sharing.js';

describe('LogDelivery with a recipient that throws', () => {
  it('goes on with fences and later events', async () => {
    const uncaught = catchUncaught();
    const { processes, clock } = build(1, true);
    const [one] = processes;
    if (!one) throw new TypeError('one process');
    await turns();
    one.listener.onEvent = (name) => {
      if (name === 'a') throw new TypeError('the recipient is broken');
    };
    one.emit('a');
    one.outbox.settle();
    one.log.fences.run(() => one.listener.got.push('fence'));
    one.emit('b');
    await clock.settle();
    await turns();
    await vi.waitFor(() => expect(uncaught).toEqual(['the recipient is broken']));
    expect(one.listener.got).toEqual(['a', 'fence', 'b']);
  });
});
