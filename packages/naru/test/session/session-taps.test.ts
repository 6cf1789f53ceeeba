import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../../testing/src/index.js';
import { ProtocolError } from '../../src/base/errors.js';
import { nextNumber, tellDropped, tellEnded, tellOpened, tellUpgraded } from '../../src/session/session-taps.js';
import { eventDropped, sessionEnded, sessionNotUpgraded, sessionOpened, sessionUpgraded } from '../../src/taps/taps.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';
import { hear } from '../taps/hear.js';
import { openSession, type SessionLog } from './memory-session.js';

function probe({ clock, session }: SessionLog): MemoryTransport {
  const transport = new MemoryTransport(clock, session, { name: 'websocket' });
  session.beginUpgrade(transport);
  return transport;
}

describe('the number of a session', () => {
  it('is higher than that of any earlier session of the process', () => {
    const [first, , last] = [nextNumber(), openSession(), nextNumber()];
    expect(last).toBe(first + 2);
  });

  it('is shown in place of the sid', () => {
    const heard = hear(sessionOpened, sessionEnded);
    const { session } = openSession();
    tellOpened(session);
    session.close(true);
    expect(heard.map(([name, data]) => [name, (data as { connection: number }).connection])).toEqual([
      ['session.opened', session.number],
      ['session.ended', session.number],
    ]);
    expect(JSON.stringify(heard)).not.toContain(session.id);
  });
});

describe('the taps of sessions', () => {
  it('tell by what wire and from where a client came', () => {
    const heard = hear(sessionOpened);
    const session = { number: 7, transport: { name: 'tcp' }, subprotocol: 'stomp', protocol: 4 as const };
    tellOpened({ ...session, remoteAddress: '10.0.0.7' });
    expect(heard).toEqual([
      ['session.opened', { connection: 7, wire: 'tcp', subprotocol: 'stomp', protocol: 4, address: '10.0.0.7' }],
    ]);
  });

  it('tell from which transport to which a session moved', async () => {
    const heard = hear(sessionUpgraded, sessionNotUpgraded);
    const log = openSession({ name: 'polling' });
    const next = probe(log);
    next.peer.send('2probe');
    await log.clock.settle();
    expect(heard).toEqual([]);
    next.peer.send('5');
    await log.clock.settle();
    const { number: connection } = log.session;
    expect(heard).toEqual([['session.upgraded', { connection, from: 'polling', to: 'websocket' }]]);
  });

  it.each([
    ['breaks a rule', (next: MemoryTransport) => next.peer.send('4hello')],
    ['goes away', (next: MemoryTransport) => next.peer.close()],
  ])('tell once that a session stays where it is when the new transport %s', async (_what, fail) => {
    const heard = hear(sessionUpgraded, sessionNotUpgraded);
    const log = openSession({ name: 'polling' });
    fail(probe(log));
    await log.clock.settle();
    expect(heard).toEqual([['session.not-upgraded', { connection: log.session.number, wire: 'polling' }]]);
  });

  it('tell that an upgrade took too long', async () => {
    const heard = hear(sessionNotUpgraded);
    const log = openSession({ name: 'polling' });
    probe(log);
    await log.clock.advance(1_400);
    log.transport.peer.send('3');
    await log.clock.advance(599);
    expect(heard).toEqual([]);
    await log.clock.advance(1);
    expect(heard).toEqual([['session.not-upgraded', { connection: log.session.number, wire: 'polling' }]]);
  });

  it('tell nothing of an upgrade that ends with its session', () => {
    const heard = hear(sessionNotUpgraded, sessionEnded);
    const log = openSession({ name: 'polling' });
    probe(log);
    log.session.close(true);
    expect(heard.map(([name]) => name)).toEqual(['session.ended']);
  });

  it('tell why a session ended, with the text and the code of the error', () => {
    const heard = hear(sessionEnded);
    const { session } = openSession();
    session.reject(new ProtocolError('SIO_BAD_PACKET', 'no such packet'));
    session.close(true);
    const why = { reason: 'parse error', code: 'SIO_BAD_PACKET', detail: 'no such packet' };
    expect(heard).toEqual([['session.ended', { connection: session.number, wire: session.transport.name, ...why }]]);
  });

  it.each([undefined, null, 'a text', { message: 'not an error' }])('take %j as the error of an end', (error) => {
    const heard = hear(sessionEnded);
    tellEnded({ number: 7, transport: { name: 'polling' } }, 'transport close', error);
    expect(heard[0]?.[1]).toEqual({ connection: 7, wire: 'polling', reason: 'transport close' });
  });

  it('tell that a volatile message was dropped, and nothing of one that went out', async () => {
    const heard = hear(eventDropped);
    const { session, clock, transport } = openSession();
    await clock.settle();
    session.sendVolatile([new EncodedPacket('4one', false)]);
    expect(heard).toEqual([]);
    session.send('waiting');
    session.sendVolatile([new EncodedPacket('4two', false)]);
    expect(heard).toEqual([['event.dropped', { connection: session.number, wire: transport.name }]]);
  });

  it('tell nothing to a listener that has left', () => {
    const heard: unknown[] = [];
    const listener = (data: object): unknown => heard.push(data);
    eventDropped.subscribe(listener);
    eventDropped.unsubscribe(listener);
    tellDropped({ number: 7, transport: { name: 'polling' } });
    tellUpgraded({ number: 7, transport: { name: 'polling' } }, undefined);
    expect(heard).toEqual([]);
  });
});
