import { expect, test } from 'vitest';
import type { DefaultEventsMap } from '../../src/base/event-map.js';
import { listen, PublicEmitter } from '../../src/client/emitter.js';

class Source extends PublicEmitter<DefaultEventsMap> {}

test.each(['on', 'once', 'addListener'] as const)(
  '%s refuses a listener that is not a function, and says so',
  (method) => {
    const source = new Source();
    expect(() => source[method]('order', undefined as never)).toThrow(
      expect.objectContaining({
        code: 'BAD_ARGUMENT',
        message: 'the listener of "order" must be a function, got undefined',
      }),
    );
    expect(source.hasListeners('order')).toBe(false);
  },
);

test('returns a function from listen() that removes the listener', () => {
  const source = new Source();
  const got: number[] = [];
  const stop = listen(source, 'a', (value) => got.push(value));
  source.emit('a', 1);
  stop();
  source.emit('a', 2);
  expect(got).toEqual([1]);
});

test('calls listeners in the order of their registration with all arguments', () => {
  const source = new Source();
  const calls: unknown[] = [];
  source.on('a', (...args) => calls.push(['first', ...args])).on('a', (...args) => calls.push(['second', ...args]));
  source.on('b', () => calls.push('never'));
  source.emit('a', 1, 2);
  expect(calls).toEqual([
    ['first', 1, 2],
    ['second', 1, 2],
  ]);
});

test('removes a once listener before its first call', () => {
  const source = new Source();
  let count = 0;
  source.once('a', () => {
    count += 1;
    source.emit('a');
  });
  source.emit('a');
  expect(count).toBe(1);
  expect(source.hasListeners('a')).toBe(false);
});

test('removes one registration by its function, also one of once', () => {
  const source = new Source();
  const calls: string[] = [];
  const listener = (): void => void calls.push('x');
  source.on('a', listener).on('a', listener).once('b', listener).off('a', listener).off('b', listener);
  source.emit('a');
  source.emit('b');
  expect(calls).toEqual(['x']);
});

test('removes all listeners of an event, or of all events', () => {
  const source = new Source();
  const listener = (): void => {};
  source.on('a', listener).on('b', listener).removeAllListeners('a');
  expect([source.hasListeners('a'), source.hasListeners('b')]).toEqual([false, true]);
  source.addListener('a', listener).removeListener('b', listener);
  expect([source.hasListeners('a'), source.hasListeners('b')]).toEqual([true, false]);
  source.off();
  expect(source.hasListeners('a')).toBe(false);
});

test('lists listeners as they were added', () => {
  const source = new Source();
  const listener = (): void => {};
  source.once('a', listener).on('a', listener);
  expect(source.listeners('a')).toEqual([listener, listener]);
});

test('calls the same listeners while listeners are added and removed', () => {
  const source = new Source();
  const calls: string[] = [];
  const late = (): void => void calls.push('late');
  const second = (): void => void calls.push('second');
  source.on('a', () => source.off('a', second).on('a', late)).on('a', second);
  source.emit('a');
  expect(calls).toEqual(['second']);
});
