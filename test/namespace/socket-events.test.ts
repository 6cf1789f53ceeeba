import { describe, expect, it } from 'vitest';
import { SocketEvents } from '../../src/namespace/socket-events.js';

class Probe extends SocketEvents {
  connected = true;
  watched = 0;

  receive(...event: [string, ...unknown[]]): void {
    this.dispatch(event);
  }

  protected override watchOutgoing(): void {
    this.watched += 1;
  }
}

function build(): { probe: Probe; seen: unknown[]; note: (name: string) => (...args: unknown[]) => void } {
  const seen: unknown[] = [];
  return {
    probe: new Probe(),
    seen,
    note:
      (name) =>
      (...args) =>
        seen.push([name, ...args]),
  };
}

describe('SocketEvents', () => {
  it('calls catch-all listeners, then middleware, then the listeners of the event', () => {
    const { probe, seen, note } = build();
    probe.on('a', note('on'));
    probe.onAny(note('any'));
    probe.prependAny(note('first'));
    probe.use((event, next) => {
      seen.push(['use', ...event]);
      next();
      next();
    });
    probe.receive('a', 1);
    expect(seen).toEqual([
      ['first', 'a', 1],
      ['any', 'a', 1],
      ['use', 'a', 1],
      ['on', 1],
    ]);
  });

  it('lets middleware change an event, hold it back, or stop it with an error', () => {
    const { probe, seen, note } = build();
    let go: () => void = () => undefined;
    probe.on('a', note('on'));
    probe.on('error', note('error'));
    probe.use((event, next) => {
      if (event[1] === 'bad') next(new TypeError('no'));
      else if (event[1] === 'later') go = next;
      else {
        event[1] = 'changed';
        next();
      }
    });
    probe.receive('a', 'x');
    probe.receive('a', 'bad');
    probe.receive('a', 'later');
    expect(seen).toEqual([
      ['on', 'changed'],
      ['error', expect.objectContaining({ message: 'no' })],
    ]);
    go();
    expect(seen).toHaveLength(3);
  });

  it('delivers nothing after the end', () => {
    const { probe, seen, note } = build();
    let go: () => void = () => undefined;
    probe.on('a', note('on'));
    probe.use((_event, next) => {
      go = next;
    });
    probe.receive('a');
    probe.connected = false;
    go();
    expect(seen).toEqual([]);
  });

  it('removes one catch-all listener, or all', () => {
    const { probe, note } = build();
    const [one, two] = [note('1'), note('2')];
    probe.onAny(one).onAny(two).onAny(one);
    expect(probe.offAny(one).listenersAny()).toEqual([two, one]);
    expect(probe.offAny().listenersAny()).toEqual([]);
    probe.onAnyOutgoing(one).prependAnyOutgoing(two);
    expect(probe.listenersAnyOutgoing()).toEqual([two, one]);
    expect(probe.offAnyOutgoing(two).listenersAnyOutgoing()).toEqual([one]);
    expect(probe.watched).toBe(2);
  });

  it('shows what goes out to whoever listens to all', () => {
    const { probe, seen, note } = build();
    probe.notifyOutgoing(['nobody']);
    probe.onAnyOutgoing(note('out'));
    probe.notifyOutgoing(['a', 1]);
    expect(seen).toEqual([['out', 'a', 1]]);
  });
});
