import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { Emitter } from '../../src/base/emitter.js';

class Open extends Emitter {
  emit(name: string | symbol, ...args: unknown[]): boolean {
    return this.emitLocal(name, ...args);
  }
  get silent(): boolean {
    return this.isSilent;
  }
}

describe('Emitter', () => {
  it('calls listeners in the order of their registration, with the emitter as `this`', () => {
    const emitter = new Open();
    const calls: unknown[] = [];
    emitter.on('event', function (this: unknown, ...args: unknown[]) {
      calls.push(['first', this === emitter, ...args]);
    });
    emitter.prependListener('event', () => calls.push('before'));
    emitter.on('other', () => calls.push('never'));
    expect(emitter.emit('event', 1, 'two')).toBe(true);
    expect(calls).toEqual(['before', ['first', true, 1, 'two']]);
    expect(emitter.emit('nobody listens')).toBe(false);
  });

  it('calls a listener of `once` once, also during a nested emit', () => {
    const emitter = new Open();
    let calls = 0;
    let depth = 0;
    emitter.on('event', () => {
      depth += 1;
      if (depth < 3) emitter.emit('event');
    });
    emitter.once('event', () => {
      calls += 1;
    });
    emitter.emit('event');
    expect([calls, depth]).toEqual([1, 3]);
  });

  it('calls the listeners that were registered at the time of the emit', () => {
    const emitter = new Open();
    const calls: string[] = [];
    const removed = (): void => void calls.push('removed meanwhile');
    emitter.on('event', () => {
      emitter.off('event', removed);
      emitter.on('event', () => calls.push('added meanwhile'));
    });
    emitter.on('event', removed);
    emitter.emit('event');
    expect(calls).toEqual(['removed meanwhile']);
  });

  it("passes an exception of a listener on to the emitter's caller", () => {
    const emitter = new Open().on('event', () => JSON.parse('{')) as Open;
    expect(() => emitter.emit('event')).toThrow(SyntaxError);
  });

  it('refuses anything but a function', () => {
    expect(() => new Open().on('event', 'text' as never)).toThrow(TypeError);
    expect(() => new Open().once('event', undefined as never)).toThrow(/"event" must be a function, got undefined/);
  });

  it('accepts names that other objects have as properties', () => {
    const emitter = new Open();
    const calls: string[] = [];
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) emitter.on(name, () => calls.push(name));
    emitter.emit('__proto__');
    emitter.emit('toString');
    expect(calls).toEqual(['__proto__']);
  });

  it('keeps nothing without listeners', () => {
    const emitter = new Open();
    const listener = (): void => undefined;
    expect(emitter.silent).toBe(true);
    emitter.on('a', listener).on('b', listener);
    expect(emitter.silent).toBe(false);
    emitter.off('a', listener).off('b');
    expect(emitter.silent).toBe(true);
  });

  it('has no limit of listeners', () => {
    expect(new Open().setMaxListeners(1).getMaxListeners()).toBe(Number.POSITIVE_INFINITY);
  });

  it("behaves like Node's EventEmitter, for any sequence of calls", () => {
    const names = ['a', 'b', '__proto__'];
    const methods = ['on', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeAll', 'emit'] as const;
    const step = fc.record({
      method: fc.constantFrom(...methods),
      name: fc.constantFrom(...names),
      listener: fc.nat(3),
      inner: fc.option(fc.record({ method: fc.constantFrom('on', 'once', 'off', 'emit'), listener: fc.nat(3) })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const run = (emitter: Open | EventEmitter): unknown[] => {
          const log: unknown[] = [];
          let depth = 0;
          let inner: (typeof steps)[number]['inner'] = null;
          const listeners = Array.from({ length: 4 }, (_, index) => (...args: unknown[]): void => {
            log.push([index, ...args]);
            if (!inner || depth > 2) return;
            depth += 1;
            if (inner.method === 'emit') emitter.emit('a', 'inner');
            else (emitter as Open)[inner.method as 'on']('a', listeners[inner.listener] as () => void);
            depth -= 1;
          });
          for (const { method, name, listener, inner: next } of steps) {
            inner = next;
            depth = 0;
            if (method === 'emit') log.push(emitter.emit(name, 1, 'two'));
            else if (method === 'removeAll') emitter.removeAllListeners(name);
            else (emitter as Open)[method](name, listeners[listener] as () => void);
            log.push(
              emitter.listenerCount(name),
              (emitter as Open).listeners(name).map((each) => listeners.indexOf(each as never)),
            );
          }
          log.push([...emitter.eventNames()].sort());
          return log;
        };
        expect(run(new Open())).toEqual(run(new EventEmitter().setMaxListeners(1_000)));
      }),
      { numRuns: 500 },
    );
  });
});
