import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.js';
import { type InterceptedMember, Interceptors, without } from '../../../src/namespace/socket/interceptors.js';
import { ListenerErrors } from '../../../src/namespace/socket/listener-errors.js';
import { PacketType, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';

/** A member that delivers to an emitter. */
class Probe extends Emitter implements InterceptedMember {
  readonly id = 'probe';
  readonly namespace = { listenerErrors: new ListenerErrors() };
  connected = true;
  /** The arguments of the calls of `disconnect`. */
  readonly disconnects: boolean[] = [];
  readonly socket = this;
  readonly interceptors = new Interceptors(this);

  receive(...event: [string, ...unknown[]]): void {
    this.interceptors.pass(event, undefined);
  }

  deliver([name, ...args]: readonly unknown[], onUnheard: (() => void) | undefined): void {
    if (!this.connected || !this.applyLocal(name as string, args)) onUnheard?.();
  }

  onPacket(packet: SocketPacket): void {
    if (!this.interceptors.holdsBack(packet)) this.receive('packet', packet.nsp);
  }

  disconnect(close: boolean): void {
    this.connected = false;
    this.disconnects.push(close);
  }

  fail(error: Error): void {
    this.applyLocal('error', [error]);
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

describe('Interceptors', () => {
  it('calls catch-all listeners, then middleware, then the listeners of the event', () => {
    const { probe, seen, note } = build();
    probe.on('a', note('on'));
    probe.interceptors.incoming = [note('first'), note('any')];
    probe.interceptors.middleware = [
      (event, next) => {
        seen.push(['use', ...event]);
        next();
        next();
      },
    ];
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
    probe.interceptors.middleware = [
      (event, next) => {
        if (event[1] === 'bad') next(new TypeError('no'));
        else if (event[1] === 'later') go = next;
        else {
          event[1] = 'changed';
          next();
        }
      },
    ];
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
    probe.interceptors.middleware = [
      (_event, next) => {
        go = next;
      },
    ];
    probe.receive('a');
    probe.connected = false;
    go();
    expect(seen).toEqual([]);
  });

  it('holds packets back until nothing is waited for any more, and keeps their order', () => {
    const { probe, seen, note } = build();
    probe.on('packet', note('packet'));
    const { interceptors } = probe;
    const packet = (nsp: string): void => probe.onPacket({ type: PacketType.EVENT, nsp, data: [] });
    const endFirst = interceptors.hold();
    packet('a');
    const endSecond = interceptors.hold();
    packet('b');
    endFirst();
    packet('c');
    expect(seen).toEqual([]);
    let endThird = (): void => undefined;
    interceptors.incoming = [
      (_name, nsp) => {
        if (nsp === 'a') endThird = interceptors.hold();
      },
    ];
    endSecond();
    packet('d');
    expect(seen).toEqual([['packet', 'a']]);
    endThird();
    packet('e');
    expect(seen.slice(1)).toEqual(['b', 'c', 'd', 'e'].map((nsp) => ['packet', nsp]));
  });

  it('disconnects a client that sends more than 1,000 packets while they are held back', () => {
    const { probe, seen, note } = build();
    probe.on('packet', note('packet'));
    const packet = (): void => probe.onPacket({ type: PacketType.EVENT, nsp: '/', data: [] });
    const release = probe.interceptors.hold();
    for (let n = 0; n < 1_000; n += 1) packet();
    expect(probe.disconnects).toEqual([]);
    packet();
    expect(probe.disconnects).toEqual([true]);
    release();
    expect(seen).toEqual([]);
  });

  it('disconnects a client whose packets take too much memory together, and never for a single one', () => {
    const { probe } = build();
    const packet = (mebibytes: number): void =>
      probe.onPacket({ type: PacketType.EVENT, nsp: '/', data: [Buffer.alloc(mebibytes * 1024 * 1024)] });
    for (const endings of [[], [true]]) {
      const release = probe.interceptors.hold();
      packet(100);
      expect(probe.disconnects).toEqual([]);
      if (endings.length > 0) packet(1);
      release();
      expect(probe.disconnects).toEqual(endings);
    }
  });

  it('says whether it holds a packet back', () => {
    const { interceptors } = new Probe();
    const packet = { type: PacketType.EVENT, nsp: '/', data: [] };
    expect(interceptors.holdsBack(packet)).toBe(false);
    const release = interceptors.hold();
    expect(interceptors.holdsBack(packet)).toBe(true);
    release();
    expect(interceptors.holdsBack(packet)).toBe(false);
  });

  it('removes one catch-all listener, or all', () => {
    const { note } = build();
    const [one, two] = [note('1'), note('2')];
    expect(without([one, two, one], one)).toEqual([two, one]);
    expect(without([one, two], undefined)).toEqual([]);
    expect(without([two], one)).toEqual([two]);
  });

  it('shows outgoing events to outgoing catch-all listeners', () => {
    const { probe, seen, note } = build();
    probe.interceptors.showOutgoing(['nobody']);
    probe.interceptors.outgoing = [note('out')];
    probe.interceptors.showOutgoing(['a', 1]);
    expect(seen).toEqual([['out', 'a', 1]]);
  });

  it('reports that nobody received an event', () => {
    const { probe, note } = build();
    const unheard: string[] = [];
    probe.interceptors.pass(['a'], () => unheard.push('a'));
    probe.on('b', note('b'));
    probe.interceptors.pass(['b'], () => unheard.push('b'));
    probe.on('error', () => undefined);
    probe.interceptors.middleware = [(_event, next) => next(new Error('no'))];
    probe.interceptors.pass(['b'], () => unheard.push('stopped'));
    expect(unheard).toEqual(['a', 'stopped']);
  });
});
