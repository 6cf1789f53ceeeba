import { describe, expect, it, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { CatchAllEmitter } from '../../../src/client/socket/catch-all.js';

class Emitter extends CatchAllEmitter<Record<never, never>, Record<never, never>> {
  tell(...event: unknown[]): void {
    this.notifyAny(this.listenersAny(), event);
  }
}

describe('CatchAllEmitter', () => {
  it('calls listeners in their order, prepended ones first', () => {
    const emitter = new Emitter();
    const heard: unknown[] = [];
    emitter.onAny((name, arg) => heard.push(['second', name, arg]));
    emitter.prependAny((name) => heard.push(['first', name]));
    emitter.tell('say', 1);
    expect(heard).toEqual([
      ['first', 'say'],
      ['second', 'say', 1],
    ]);
  });

  it('removes one listener, or all, but not those of the other direction', () => {
    const emitter = new Emitter();
    const [one, two] = [() => undefined, () => undefined];
    emitter.onAny(one).onAny(two).onAny(one).onAnyOutgoing(one);
    expect(emitter.offAny(one).listenersAny()).toEqual([two, one]);
    expect(emitter.offAny().listenersAny()).toEqual([]);
    expect(emitter.listenersAnyOutgoing()).toEqual([one]);
    expect(emitter.prependAnyOutgoing(two).offAnyOutgoing(one).listenersAnyOutgoing()).toEqual([two]);
  });

  it('calls the other listeners when one throws, and its error is uncaught', async () => {
    const emitter = new Emitter();
    const heard: unknown[] = [];
    const uncaught = catchUncaught();
    emitter.onAny(() => {
      throw new RangeError('of a listener');
    });
    emitter.onAny((name) => heard.push(name));
    emitter.tell('say');
    expect(heard).toEqual(['say']);
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
  });

  it('tolerates the removal of a listener during a call', () => {
    const emitter = new Emitter();
    let count = 0;
    const once = () => {
      count += 1;
      emitter.offAny(once);
    };
    emitter.onAny(once).onAny(once);
    emitter.tell('x');
    expect([count, emitter.listenersAny()]).toEqual([2, []]);
  });
});
