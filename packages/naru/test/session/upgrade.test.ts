import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../../testing/src/index.js';
import { openSession, type SessionLog } from './memory-session.js';

function probe(log: SessionLog): MemoryTransport {
  const transport = new MemoryTransport(log.clock, log.session, { name: 'websocket' });
  log.session.beginUpgrade(transport);
  return transport;
}

describe('Upgrade', () => {
  it('answers the probe, releases the waiting poll and moves the session without losing a message', async () => {
    const log = openSession({ name: 'polling' });
    const { clock, session, transport, messages } = log;
    const events: string[] = [];
    for (const name of ['upgrading', 'upgrade']) session.on(name, () => events.push(name));
    await clock.settle();
    transport.peer.received.splice(0);
    const next = probe(log);
    expect(session.upgrading).toBe(true);
    next.peer.send('2probe');
    await clock.settle();
    expect(next.peer.received.splice(0)).toEqual(['3probe']);
    expect(transport.peer.received.splice(0)).toEqual(['6']);
    transport.peer.send('4by polling');
    await clock.settle();
    next.peer.send('5');
    next.peer.send('4by websocket');
    await clock.settle();
    session.send('answer');
    await clock.settle();
    expect(messages).toEqual(['by polling', 'by websocket']);
    expect(next.peer.received.splice(0)).toEqual(['4answer']);
    expect(session.upgraded).toBe(true);
    expect(session.transport).toBe(next);
    expect(events).toEqual(['upgrading', 'upgrade']);
    // Only the heartbeat's timer is left.
    expect(clock.timerCount).toBe(1);
  });

  it.each(['4hello', '5x', '2', '3probe'])('is dropped at %j and leaves the session as it was', async (unit) => {
    const log = openSession({ name: 'polling' });
    const next = probe(log);
    next.peer.send(unit);
    await log.clock.settle();
    expect(next.peer.ended).toBeDefined();
    expect(log.session.upgrading).toBe(false);
    log.session.send('still here');
    await log.clock.settle();
    expect(log.transport.peer.received.splice(0)).toContain('4still here');
    expect(log.clock.timerCount).toBe(1);
  });

  it('is dropped after upgradeTimeout', async () => {
    const log = openSession({ name: 'polling' });
    log.session.on('heartbeat', () => undefined);
    const next = probe(log);
    next.peer.send('2probe');
    await log.clock.advance(900);
    log.transport.peer.send('3');
    await log.clock.advance(1_099);
    log.transport.peer.send('3');
    expect(log.session.upgrading).toBe(true);
    await log.clock.advance(1);
    expect(log.session.upgrading).toBe(false);
    expect(next.peer.ended).toBeDefined();
    expect(log.closed).toEqual([]);
  });

  it('answers one probe only, however many arrive', async () => {
    const log = openSession({ name: 'polling' });
    let announced = 0;
    log.session.on('upgrading', () => {
      announced += 1;
    });
    const next = probe(log);
    for (let i = 0; i < 1_000; i += 1) next.peer.send('2probe');
    await log.clock.settle();
    expect(next.peer.received.splice(0)).toEqual(['3probe']);
    expect(announced).toBe(1);
    next.peer.send('5');
    await log.clock.settle();
    expect(log.session.transport).toBe(next);
  });

  it('is dropped at a probe when its transport takes no answer', async () => {
    const log = openSession({ name: 'polling' });
    const next = probe(log);
    Object.defineProperty(next, 'writable', { value: false });
    next.peer.send('2probe');
    await log.clock.settle();
    expect(next.peer.received.splice(0)).toEqual([]);
    expect(next.peer.ended).toBeDefined();
    expect(log.session.upgrading).toBe(false);
    expect(log.session.readyState).toBe('open');
  });

  it('ends with the session', async () => {
    const log = openSession({ name: 'polling' });
    const next = probe(log);
    next.peer.send('2probe');
    await log.clock.settle();
    log.session.close(true);
    await log.clock.settle();
    expect(next.peer.ended).toBeDefined();
    expect(log.clock.timerCount).toBe(0);
  });

  it('ends when its transport breaks', async () => {
    const log = openSession({ name: 'polling' });
    const next = probe(log);
    next.peer.close();
    await log.clock.settle();
    expect(log.session.upgrading).toBe(false);
    expect(log.session.readyState).toBe('open');
  });
});
