import { describe, expect, it } from 'vitest';
import type { Backplane, LogRecord } from '../../src/backplane/backplane.js';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { FakeClock, TestServer } from '../../src/entry/testing.js';
import { RawClient } from '../kit/clients/raw-client.js';

const CALL_MS = 20;

/** A server whose log answers through promises after a while, and events that another process writes to it. */
function build() {
  const clock = new FakeClock();
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const later = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name);
        if (typeof member !== 'function') return member;
        if (name === 'follow') return member.bind(of);
        return (...args: unknown[]) =>
          new Promise((resolve) => {
            const answer = (value: unknown): void => resolve(value);
            const arrive = (): void => void clock.setTimeout(answer, CALL_MS, member.apply(of, args));
            clock.setTimeout(arrive, CALL_MS, undefined);
          });
      },
    });
  const backplane: Backplane = {
    name: 'late',
    log: later(memory.log),
    store: later(memory.store),
    close: () => memory.close(),
  };
  const server = new TestServer({
    clock,
    server: { backplane, connectionStateRecovery: {}, cleanupEmptyChildNamespaces: true },
  });
  const say = (name: string): void => {
    const record: LogRecord = { rooms: [], except: [], event: `["${name}"]`, attachments: [], at: clock.now() };
    void memory.log.append('/', [record]);
  };
  return { clock, server, say };
}

describe('a log that answers late', () => {
  it('gives a new socket no event from before its request, even if nobody was connected at the time', async () => {
    const { clock, server, say } = build();
    const first = await RawClient.open(server);
    first.send('40');
    await clock.advance(1_000);
    first.send('41');
    await clock.advance(1_000);
    say('old');
    await clock.advance(60_000);
    const second = await RawClient.open(server);
    second.send('40');
    await clock.advance(1_000);
    server.io.emit('new');
    await clock.advance(1_000);
    expect(second.texts.join()).toContain('40{');
    expect(second.texts.join()).toContain('["new"');
    expect(second.texts.join()).not.toContain('["old"');
    await server.close();
  });

  it('gives a new socket no event that was sent while its middleware ran', async () => {
    const { clock, server, say } = build();
    server.io.use((_socket, next) => clock.setTimeout(() => next(), 30_000, undefined));
    const client = await RawClient.open(server);
    client.send('40');
    await clock.advance(10_000);
    say('old');
    await clock.advance(25_000);
    server.io.emit('new');
    await clock.advance(1_000);
    expect(client.texts.join()).toContain('["new"');
    expect(client.texts.join()).not.toContain('["old"');
    await server.close();
  });

  it('keeps nothing of a client that leaves while the end of the log is read', async () => {
    const { clock, server } = build();
    server.io.of(/^\/room-/);
    const client = await RawClient.open(server);
    client.send('40/room-1,');
    await clock.advance(CALL_MS);
    expect(server.io._nsps.has('/room-1')).toBe(true);
    client.link?.cut();
    await clock.advance(60_000);
    expect([server.io.engine.clientsCount, server.io._nsps.has('/room-1')]).toEqual([0, false]);
    await server.close();
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, deferred: 0 });
  });
});
