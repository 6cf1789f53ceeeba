import { expect, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { start } from './started.js';

test.each(['error', 'reconnect_attempt', 'open', 'close'] as const)(
  'reconnects although a listener of `%s` throws, and its error is uncaught',
  async (name) => {
    const { manager, link, clock } = start({ randomizationFactor: 0 });
    const uncaught = catchUncaught();
    manager.on(name, () => {
      throw new RangeError('of a listener');
    });
    const later = vi.fn();
    manager.on(name, later);
    link.last.onError('no');
    await clock.advance(1_000);
    link.last.accept();
    link.last.onError('no');
    await clock.advance(1_000);
    link.last.accept();
    expect([manager.readyState, manager.isReconnecting, link.transports.length]).toEqual(['open', false, 3]);
    expect(later).toHaveBeenCalled();
    await vi.waitFor(() => expect(new Set(uncaught)).toEqual(new Set(['of a listener'])));
  },
);
