import { describe, expect, it } from 'vitest';
import { ConfigError, ProtocolError } from '../../src/base/errors.js';
import { openSession } from './memory-session.js';

describe('Session', () => {
  it('opens with the handshake as its first packet', async () => {
    const { clock, transport, session } = openSession();
    await clock.settle();
    expect(transport.peer.received.splice(0)).toEqual(['0{"sid":"sid-1"}']);
    expect(session.readyState).toBe('open');
  });

  it('passes on text and bytes in the order of arrival', async () => {
    const { clock, transport, messages } = openSession();
    transport.peer.send('4one');
    transport.peer.send(Buffer.from([1, 2]));
    transport.peer.send('4');
    await clock.settle();
    expect(messages).toEqual(['one', Buffer.from([1, 2]), '']);
  });

  it('sends all packets of a turn in their order, in one list', async () => {
    const { clock, transport, session } = openSession();
    await clock.settle();
    transport.peer.received.splice(0);
    const lists: number[] = [];
    session.on('flush', (packets: unknown[]) => lists.push(packets.length));
    session.send('a');
    session.send(Uint8Array.of(7));
    session.send('b', { compress: false });
    await clock.settle();
    expect(transport.peer.received.splice(0)).toEqual(['4a', Uint8Array.of(7), '4b']);
    expect(lists).toEqual([3]);
  });

  it.each([5, 50_000_000, Symbol('x'), {}, [1]])('throws for data that is %o', async (data) => {
    const { clock, transport, session } = openSession();
    const taken: unknown[] = [];
    expect(() => session.send(data as never, () => taken.push(data))).toThrow(ConfigError);
    session.send('next');
    await clock.settle();
    expect(transport.peer.received.slice(1)).toEqual(['4next']);
    expect(taken).toEqual([]);
  });

  it('calls back when the transport has taken a message', async () => {
    const { clock, transport, session } = openSession();
    const taken: unknown[] = [];
    session.send('a', {}, (carrier) => taken.push(carrier));
    session.send('b', (carrier) => taken.push(carrier));
    expect(taken).toEqual([]);
    await clock.settle();
    expect(taken).toEqual([transport, transport]);
  });

  it('has space while nothing waits, and its transport had no bytes left after the last packets', async () => {
    const { clock, session, transport } = openSession({ windowBytes: 30 });
    const seen = () => [session.hasSpace, transport.writable];
    expect(seen()).toEqual([false, true]);
    await clock.settle();
    expect(seen()).toEqual([true, true]);
    transport.peer.pause();
    session.send('a part');
    expect(seen()).toEqual([false, true]);
    await clock.settle();
    // The transport has bytes left, and may be full when nothing is written any more.
    expect(seen()).toEqual([false, true]);
    session.send('the rest of what there is space for');
    await clock.settle();
    expect(seen()).toEqual([false, false]);
    transport.peer.resume();
    session.send('next');
    await clock.settle();
    expect(seen()).toEqual([true, true]);
    session.close();
    await clock.settle();
    expect(seen()).toEqual([false, false]);
  });

  it('sends earlier data before it closes, and nothing afterwards', async () => {
    const { clock, transport, session, closed } = openSession();
    session.send('last');
    session.close();
    session.send('too late');
    await clock.settle();
    expect(transport.peer.received.splice(0)).toEqual(['0{"sid":"sid-1"}', '4last']);
    expect(closed).toEqual([['forced close', undefined]]);
    expect(clock.timerCount).toBe(0);
  });

  it.each([true, false])(
    'ends in time after its close while its client reads nothing (plain wire: %s)',
    async (isPlain) => {
      const { clock, session, transport, closed, ended } = openSession({
        windowBytes: 10,
        isPlain,
        closeTimeoutMs: 700,
      });
      transport.peer.pause();
      session.send('0123456789');
      await clock.settle();
      session.send('this waits');
      session.close();
      await clock.advance(699);
      expect([session.readyState, session.writeBuffer.length]).toEqual(['closing', 1]);
      await clock.advance(1);
      expect(closed).toEqual([['forced close', 'TIMEOUT']]);
      expect([ended.length, session.bufferedBytes - transport.bufferedBytes, clock.timerCount]).toEqual([1, 0, 0]);
    },
  );

  it('keeps no time limit after its close when its client has read everything', async () => {
    const { clock, session, transport, closed } = openSession({ windowBytes: 10, closeTimeoutMs: 700 });
    transport.peer.pause();
    session.send('0123456789');
    await clock.settle();
    session.send('last');
    session.close();
    await clock.advance(600);
    transport.peer.resume();
    await clock.settle();
    expect([transport.peer.received.at(-1), closed, clock.timerCount]).toEqual([
      '4last',
      [['forced close', undefined]],
      0,
    ]);
  });

  it('drops waiting data when it is closed with discard', async () => {
    const { clock, transport, session, closed } = openSession();
    await clock.settle();
    transport.peer.received.splice(0);
    session.send('lost');
    session.close(true);
    expect(closed).toEqual([['forced close', undefined]]);
    await clock.settle();
    expect(transport.peer.received.splice(0)).toEqual([]);
  });

  it.each(['7', '', 'x', '0{}'])('ends with a parse error at the packet %j', async (unit) => {
    const { clock, transport, closed, ended } = openSession();
    transport.peer.send(unit);
    await clock.settle();
    expect(closed).toEqual([['parse error', 'EIO_BAD_PACKET']]);
    expect(ended).toHaveLength(1);
  });

  it('refuses a ping in protocol 4 and a pong in protocol 3', async () => {
    for (const [protocol, unit] of [
      [4, '2'],
      [3, '3'],
    ] as const) {
      const { clock, transport, closed } = openSession({ protocol });
      transport.peer.send(unit);
      await clock.settle();
      expect(closed).toEqual([['parse error', 'EIO_BAD_PACKET']]);
    }
  });

  it('answers the ping of a client of protocol 3 with its own text', async () => {
    const { clock, transport } = openSession({ protocol: 3 });
    await clock.settle();
    transport.peer.received.splice(0);
    transport.peer.send('2probe');
    await clock.settle();
    expect(transport.peer.received.splice(0)).toEqual(['3probe']);
  });

  it('reads bytes with a type prefix in protocol 3, and returns a Buffer', async () => {
    const { clock, transport, messages, closed } = openSession({ protocol: 3 });
    transport.peer.send(Uint8Array.of(4, 9, 8));
    await clock.settle();
    expect(messages).toEqual([Buffer.from([9, 8])]);
    expect(Buffer.isBuffer(messages[0])).toBe(true);
    transport.peer.send(Uint8Array.of(5));
    await clock.settle();
    expect(closed).toEqual([['parse error', 'EIO_BAD_PACKET']]);
  });

  it('gives its reason when the layer above rejects a packet', () => {
    const { session, closed } = openSession();
    session.reject(new ProtocolError('SIO_BAD_PACKET', 'no'));
    session.reject(new ProtocolError('SIO_BAD_PACKET', 'twice'));
    expect(closed).toEqual([['parse error', 'SIO_BAD_PACKET']]);
  });

  it('ends when more waits than the limit, but not for one message of any size', async () => {
    const { clock, session, transport, closed } = openSession({ windowBytes: 10, bufferedBytesMax: 100 });
    transport.peer.pause();
    session.send('0123456789');
    await clock.settle();
    expect(transport.writable).toBe(false);
    session.send('x'.repeat(1_000));
    await clock.settle();
    expect(closed).toEqual([]);
    session.send('y');
    await clock.settle();
    expect(closed).toEqual([['transport error', 'BUFFER_FULL']]);
  });

  it('lets a packet leave immediately, and later ones in the next turn', async () => {
    const { clock, session } = openSession();
    const lists: unknown[][] = [];
    session.on('flush', (packets: { unit: unknown }[]) => lists.push(packets.map(({ unit }) => unit)));
    await clock.settle();
    lists.length = 0;
    session.send('alone');
    session.flushAlone();
    session.send('b');
    session.send('c');
    expect(lists).toEqual([['4alone']]);
    await clock.settle();
    expect(lists).toEqual([['4alone'], ['4b', '4c']]);
  });

  it('takes volatile packets while only packets of other occasions wait', async () => {
    const { clock, session, transport } = openSession();
    const takes: boolean[] = [];
    const note = (): number => takes.push(session.takesVolatile);
    note();
    await clock.settle();
    note();
    session.send('a');
    note();
    session.receiver = { onMessage: note, onClose: () => undefined };
    session.onData(transport, '4one');
    session.send('b');
    note();
    session.send('x'.repeat(65_536));
    session.onData(transport, '4two');
    await clock.settle();
    note();
    session.close(true);
    note();
    expect(takes).toEqual([false, true, false, true, false, false, true, false]);
  });

  it('reports packets to listeners of packet and packetCreate', async () => {
    const { clock, session, transport } = openSession();
    const seen: unknown[] = [];
    session.on('packet', (packet) => seen.push(packet));
    session.on('packetCreate', (packet) => seen.push(packet));
    session.on('heartbeat', () => seen.push('heartbeat'));
    transport.peer.send('4hi');
    transport.peer.send('3');
    await clock.settle();
    session.send('ho');
    expect(seen).toEqual([
      { type: 'message', data: 'hi' },
      { type: 'pong' },
      'heartbeat',
      { type: 'message', data: 'ho', options: { compress: true } },
    ]);
  });

  it('learns from a pong that the client has received everything before a probe, on wires with pings', async () => {
    const { clock, session, transport } = openSession();
    const seen: string[] = [];
    session.send('before');
    expect(session.probe(() => seen.push('pong'))).toBe(true);
    await clock.settle();
    expect(transport.peer.received.slice(-2)).toEqual(['4before', '2']);
    transport.peer.send('3');
    transport.peer.send('3');
    await clock.settle();
    expect(seen).toEqual(['pong']);
    expect(openSession({ protocol: 3 }).session.probe(() => undefined)).toBe(false);
    session.close(true);
    expect(session.probe(() => undefined)).toBe(false);
  });

  it('closes when the peer does', async () => {
    const { clock, transport, closed } = openSession();
    transport.peer.send('1');
    await clock.settle();
    expect(closed).toEqual([['transport close', undefined]]);
  });
});
