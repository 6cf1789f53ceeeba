import { expect, onTestFinished, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import type { TransportError } from '../../../src/client/engine/transport.js';
import { Manager } from '../../../src/client/index.js';
import { createFakeClock } from '../fake-clock.js';
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

test('opens again after an attempt to reconnect has thrown', async () => {
  const { manager, socket, link, clock } = start({ randomizationFactor: 0 });
  link.last.onError('no');
  manager.opts.transports = ['nothing'];
  await expect(clock.advance(1_000)).rejects.toThrow('unknown transport "nothing"');
  manager.opts.transports = ['websocket'];
  socket.connect();
  link.last.accept();
  expect([manager.readyState, link.transports.length]).toEqual(['open', 2]);
});

test('reports a request that cannot be made as a failed attempt, and reconnects', async () => {
  const clock = createFakeClock();
  const options = { clock, transports: ['polling'], extraHeaders: { authorization: 'a\nb' }, randomizationFactor: 0 };
  const manager = new Manager('http://localhost:1', options);
  onTestFinished(() => manager.disconnect());
  const errors: unknown[] = [];
  manager.on('error', (error) => errors.push((error as TransportError).description));
  await clock.advance(1_000);
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_CHAR' });
  expect([errors, manager.isReconnecting]).toEqual([[invalid, invalid], true]);
});
