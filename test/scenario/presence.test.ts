import { describe, expect, it } from 'vitest';
import type { KeyValueStore } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { MemoryStore } from '../../packages/naru/src/backplane/memory-store.js';
import { io, type Socket } from '../../packages/naru/src/client/index.js';
import type { PresenceMember } from '../../packages/naru/src/namespace/presence/roster.js';
import { FakeClock, type TestDevice, TestServer } from '../../packages/testing/src/entry/index.js';

const seeds = process.env.NARU_SEED === undefined ? [1, 2, 3, 4] : [Number(process.env.NARU_SEED)];
const PEOPLE = 6;
const LEASE = 6_000;
const GRACE = 4_000;

/** A store that outlives processes. */
function outside(clock: FakeClock): MemoryStore & KeyValueStore {
  return Object.assign(new MemoryStore(clock), { isDurable: true as never });
}

interface Guest {
  readonly socket: Socket;
  readonly device: TestDevice;
  readonly id: string;
  /** The present members, as far as the client was told. */
  readonly seen: Map<string, unknown>;
}

/** A client that follows the members by the list and the announcements. */
function guest(server: TestServer, id: string): Guest {
  const device = server.device();
  const delays = { reconnectionDelay: 50, reconnectionDelayMax: 200 };
  const socket = io(server.url, { ...server.optionsOn(device), ...delays, auth: { id }, transports: ['websocket'] });
  const seen = new Map<string, unknown>();
  const put = (_room: string, member: PresenceMember) => seen.set(member.id, member.state);
  socket.on('naru:presence:list', (_room: string, { members }: { members: PresenceMember[] }) => {
    seen.clear();
    for (const member of members) put('', member);
  });
  socket.on('naru:presence:join', put);
  socket.on('naru:presence:update', put);
  socket.on('naru:presence:leave', (_room: string, member: PresenceMember) => seen.delete(member.id));
  return { socket, device, id, seen };
}

describe('presence over connections that break', () => {
  it.each(seeds)('converges: everybody sees exactly the present members (seed %i)', async (seed) => {
    const clock = new FakeClock({ quietTurns: 2 });
    const store = outside(clock);
    const backplane = { ...memoryBackplane(clock, { ageMs: 600_000, bytes: 10_000_000 }), store };
    const servers = [seed * 2, seed * 2 + 1].map((each) => {
      const server = new TestServer({
        seed: each,
        clock,
        delayMs: [0, 60],
        cutAfterBytes: [800, 9_000],
        server: {
          backplane,
          connectionStateRecovery: {},
          pingInterval: 500,
          pingTimeout: 400,
          presence: { grace: GRACE, lease: LEASE, pollInterval: 300 },
        },
      });
      const presence = server.io.presence('lobby', { announce: true });
      server.io.on('connection', (socket) => {
        presence.join(socket, { id: String(socket.handshake.auth.id) });
        socket.on('mood', (mood) => presence.update(socket, mood));
      });
      return server;
    });
    const [one, two] = servers;
    if (!one || !two) return expect.unreachable();
    const { random } = one.network;
    const guests = Array.from({ length: PEOPLE * 2 }, (_, n) => guest(n % 2 ? one : two, `p${n % PEOPLE}`));
    await clock.advance(2_000);
    for (let step = 1; step <= 60; step += 1) {
      const chosen = guests[Math.floor(random.fraction() * guests.length)];
      const dice = random.fraction();
      if (dice < 0.2) for (const link of (dice < 0.1 ? one : two).network.links) link.hold();
      else if (dice < 0.4) chosen?.socket.disconnect();
      else if (dice < 0.6) chosen?.socket.connect();
      else chosen?.socket.volatile.emit('mood', step);
      await clock.advance(random.fraction() * 800);
    }
    for (const server of servers) server.network.change({ cutAfterBytes: undefined });
    // One client leaves, and all others come back.
    for (const { socket, id } of guests) if (id === 'p0') socket.disconnect();
    for (const { socket, id } of guests) if (id !== 'p0') socket.connect();
    await clock.advance(GRACE + LEASE + 10_000);
    for (const { socket, id } of guests) if (id !== 'p0') socket.emit('mood', `${id} is well`);
    await clock.advance(5_000);

    const expected = new Map(Array.from({ length: PEOPLE - 1 }, (_, n) => [`p${n + 1}`, `p${n + 1} is well`]));
    for (const server of servers) {
      const members = await server.io.presence('lobby').list();
      expect(new Map(members.map(({ id, state }) => [id, state]))).toEqual(expected);
      expect(members.map(({ connections }) => connections)).toEqual(Array(PEOPLE - 1).fill(2));
    }
    for (const { socket, id, seen } of guests)
      if (id !== 'p0') expect([socket.connected, seen]).toEqual([true, expected]);
    for (const { socket } of guests) socket.disconnect();
    await clock.advance(GRACE + 2 * LEASE);
    expect(store.tables.names).toEqual(['nodes']);
    for (const server of servers) await server.close();
    expect(store.tables.names).toEqual([]);
    expect([clock.timerCount, clock.deferredCount]).toEqual([0, 0]);
  });
});
