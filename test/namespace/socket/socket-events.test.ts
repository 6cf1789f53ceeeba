import { describe, expect, it } from 'vitest';
import { SocketEvents } from '../../../src/namespace/socket/socket-events.js';
import { PacketType, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';

class Probe extends SocketEvents {
  connected = true;
  watched = 0;

  receive(...event: [string, ...unknown[]]): void {
    this.dispatch(event);
  }

  packets: unknown[] = [];
  onData: ((data: unknown) => void) | undefined;
  ends: unknown[] = [];

  override onPacket(packet: SocketPacket): void {
    if (this.isHeldBack(packet)) return;
    this.packets.push(packet.data);
    this.onData?.(packet.data);
  }

  override disconnect(close?: boolean): void {
    this.connected = false;
    this.ends.push(close);
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

  it('holds packets back in their order, also where one of them holds those behind it', () => {
    const { probe } = build();
    const send = (data: unknown): void => probe.onPacket({ type: PacketType.EVENT, nsp: '/', data });
    const release = probe.hold();
    for (const data of [1, 2]) send(data);
    expect(probe.packets).toEqual([]);
    release();
    expect(probe.packets).toEqual([1, 2]);
    const first = probe.hold();
    for (const data of [3, 4]) send(data);
    let second = (): void => undefined;
    probe.onData = (data) => {
      if (data === 3) second = probe.hold();
    };
    first();
    expect(probe.packets).toEqual([1, 2, 3]);
    second();
    expect(probe.packets).toEqual([1, 2, 3, 4]);
  });

  it('ends a client that sends more than is held back', () => {
    const { probe } = build();
    probe.hold();
    for (let count = 0; count <= 1_000; count += 1) probe.onPacket({ type: PacketType.EVENT, nsp: '/', data: count });
    expect(probe.ends).toEqual([true]);
  });

  it('tells who asks that nobody got an event', () => {
    const { probe, note } = build();
    const unheard: string[] = [];
    probe.dispatch(['a'], () => unheard.push('a'));
    probe.on('b', note('b'));
    probe.dispatch(['b'], () => unheard.push('b'));
    probe.on('error', () => undefined);
    probe.use((_event, next) => next(new Error('no')));
    probe.dispatch(['b'], () => unheard.push('stopped'));
    expect(unheard).toEqual(['a', 'stopped']);
  });
});
