/**
 * Two thousand clients, a restart by SIGTERM and one by kill -9, while messages flow. Nothing is lost, and the clients
 * do not come back all at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { io as stockIo } from 'socket.io-client';
import { expect, it } from 'vitest';
import { io as ownIo } from '../../../packages/naru/src/entry/client.js';
import { fixedPort } from '../../kit/ports.mjs';
import { CrowdClient } from './crowd-client.js';
import { atEnd, folder, type ServerChild, startServer } from './server-child.js';
import { startStickyRelay } from './sticky-relay.js';

const CROWD = 1_400;
const STOCK = { websocket: 200, polling: 50 };
const OWN = { websocket: 100, polling: 50, sse: 100 };
const OWN_TCP = 100;
const ROOMS = 20;
const LIMIT = 300;
/** One in this many messages is for everybody. */
const EVERYBODY = 16;
const PAUSE_MS = 40;

interface Facts {
  /** The times of the turns. */
  turns: number[];
  opened: number;
  /** The sessions that were opened before a turn was given to them. */
  withoutTurn: number;
  waitingMost: number;
  recovered: number;
  clients: number;
}

/** A client of any kind. */
interface Member {
  readonly kind: string;
  readonly room: number;
  readonly got: readonly number[];
  readonly faults: readonly string[];
  readonly recoveredCount: number;
  readonly isIn: boolean;
}

type AnyClient = ReturnType<typeof stockIo>;

/** A client with a library, which the test controls and observes. */
class LibraryMember implements Member {
  readonly kind: string;
  readonly room: number;
  readonly got: number[] = [];
  readonly faults: string[] = [];
  recoveredCount = 0;
  isIn = false;

  constructor(kind: string, room: number, client: AnyClient) {
    this.kind = kind;
    this.room = room;
    atEnd(() => client.disconnect());
    client.on('n', (n: number) => this.got.push(n));
    let hasBeen = false;
    client.on('connect', () => {
      if (!hasBeen) {
        hasBeen = true;
        client.emit('enter', nameOf(room), () => {
          this.isIn = true;
        });
        return;
      }
      if (client.recovered) this.recoveredCount += 1;
      else this.faults.push('was not recovered');
      this.isIn = true;
    });
    client.on('disconnect', () => {
      this.isIn = false;
    });
    client.on('naru:gap', (gap: unknown) => this.faults.push(`a gap: ${JSON.stringify(gap)}`));
  }
}

const nameOf = (room: number): string => `room-${room}`;

function openAll(port: number, tcpPort: number): Member[] {
  const url = `http://127.0.0.1:${port}`;
  const members: Member[] = [];
  const nextRoom = (): number => members.length % ROOMS;
  for (const [transport, count] of Object.entries(STOCK))
    for (let index = 0; index < count; index += 1) {
      const options = { transports: [transport], upgrade: false, forceNew: true };
      members.push(new LibraryMember(`stock ${transport}`, nextRoom(), stockIo(url, options)));
    }
  for (const [transport, count] of Object.entries(OWN))
    for (let index = 0; index < count; index += 1) {
      const options = { transports: [transport as 'sse'], upgrade: false, forceNew: true };
      members.push(new LibraryMember(`own ${transport}`, nextRoom(), ownIo(url, options) as unknown as AnyClient));
    }
  for (let index = 0; index < OWN_TCP; index += 1) {
    const client = ownIo(`tcp://127.0.0.1:${tcpPort}`, { forceNew: true }) as unknown as AnyClient;
    members.push(new LibraryMember('own tcp', nextRoom(), client));
  }
  for (let index = 0; index < CROWD; index += 1) {
    const room = nextRoom();
    const client = new CrowdClient(port, nameOf(room));
    atEnd(() => client.stop());
    members.push(Object.assign(client, { kind: 'crowd', room }));
  }
  return members;
}

/** Makes servers send numbers all the time, and knows which ones were sent. */
class Speaker {
  /** Numbers that the server confirmed. */
  readonly said = new Set<number>();
  /** Numbers given to a server that died before it confirmed them. */
  readonly maybe = new Set<number>();
  servers: readonly ServerChild[];
  #n = 0;
  #isStopping = false;
  readonly #running: Promise<void>;

  constructor(server: ServerChild) {
    this.servers = [server];
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isStopping; turn += 1) {
      const there = this.servers.filter(({ hasEnded }) => !hasEnded);
      const server = there[turn % Math.max(1, there.length)];
      if (server) this.#say(server);
      await delay(PAUSE_MS);
    }
  }

  #say(server: ServerChild): void {
    const n = this.#n;
    this.#n += 1;
    this.maybe.add(n);
    const said = [[roomOf(n) === undefined ? null : nameOf(roomOf(n) as number), n]];
    server.call('say', { said }).then(
      (isSaid) => {
        this.maybe.delete(n);
        if (isSaid) this.said.add(n);
      },
      // The server ended before the call reached it.
      () => this.maybe.delete(n),
    );
  }
}

/** The room of a number; `undefined` for everybody. */
function roomOf(n: number): number | undefined {
  return n % EVERYBODY === 0 ? undefined : n % ROOMS;
}

/** The most in any period of one second. */
function most(times: readonly number[]): number {
  let first = 0;
  let count = 0;
  for (let last = 0; last < times.length; last += 1) {
    while ((times[last] as number) - (times[first] as number) >= 1_000) first += 1;
    count = Math.max(count, last - first + 1);
  }
  return count;
}

/** Returns the faults in the clients' records. */
function check(members: readonly Member[], { said, maybe }: Pick<Speaker, 'said' | 'maybe'>): string[] {
  const wrong: string[] = [];
  const orderOfRoom = new Map<number, string>();
  const orderOfAll = new Set<string>();
  for (const { kind, room, got, faults } of members) {
    for (const fault of faults) wrong.push(`${kind}: ${fault}`);
    const seen = new Set(got);
    if (seen.size !== got.length) wrong.push(`${kind}: ${got.length - seen.size} twice`);
    const isMine = (n: number): boolean => roomOf(n) === undefined || roomOf(n) === room;
    const lost = [...said].filter((n) => isMine(n) && !seen.has(n));
    if (lost.length > 0) wrong.push(`${kind}: ${lost.length} lost: ${lost.slice(0, 5)}`);
    const strange = got.filter((n) => !isMine(n) || !(said.has(n) || maybe.has(n)));
    if (strange.length > 0) wrong.push(`${kind}: ${strange.length} that were not for it: ${strange.slice(0, 5)}`);
    const order = got.join();
    if ((orderOfRoom.get(room) ?? order) !== order) wrong.push(`${kind}: another order than others in its room`);
    orderOfRoom.set(room, order);
    orderOfAll.add(got.filter((n) => roomOf(n) === undefined).join());
  }
  if (orderOfAll.size > 1) wrong.push(`${orderOfAll.size} orders of what was for everybody`);
  return [...new Set(wrong)].slice(0, 20);
}

const inAll = (members: readonly Member[]) => members.filter(({ isIn }) => isIn).length;

it('lets 2,000 clients continue through a SIGTERM and a kill -9, within the limit of handshakes per second', {
  timeout: 600_000,
}, async () => {
  const setup = {
    folder: folder(),
    program: 'restart-server.mjs',
    options: { connectionStateRecovery: {}, handshakesPerSecondMax: LIMIT },
  };
  const one = await startServer(setup);
  const [relay, tcpRelay] = [await startStickyRelay(one.port), await startStickyRelay(one.tcpPort)];
  const since = performance.now();
  const lap = (what: string): void => console.log(`${((performance.now() - since) / 1_000).toFixed(1)} s: ${what}`);
  const members = openAll(relay.port, tcpRelay.port);
  const total = members.length;
  expect(total).toBe(2_000);
  await expect.poll(() => inAll(members), { timeout: 120_000 }).toBe(total);
  lap('all clients are connected');
  const speaker = new Speaker(one);
  await delay(500);

  // The next server is ready and gets new clients, and the first is told to drain.
  const two = await startServer({ ...setup, port: await fixedPort(), tcpPort: await fixedPort() });
  [relay.target, tcpRelay.target] = [two.port, two.tcpPort];
  speaker.servers = [one, two];
  const first = (await one.call('facts')) as Facts;
  const ended = one.terminate();
  expect(await ended).toBe(0);
  await expect
    .poll(() => members.filter(({ recoveredCount, isIn }) => recoveredCount >= 1 && isIn).length, { timeout: 120_000 })
    .toBe(total);
  lap('all have continued after SIGTERM');

  // Without a warning, all clients come back at once.
  const second = (await two.call('facts')) as Facts;
  speaker.servers = [];
  await two.kill();
  const three = await startServer({ ...setup, port: two.port, tcpPort: two.tcpPort });
  speaker.servers = [three];
  await expect
    .poll(() => members.filter(({ recoveredCount, isIn }) => recoveredCount >= 2 && isIn).length, { timeout: 120_000 })
    .toBe(total);
  lap('all have continued after kill -9');
  await speaker.stop();
  await expect.poll(() => check(members, speaker), { timeout: 60_000, interval: 500 }).toEqual([]);

  const third = (await three.call('facts')) as Facts;
  const rates = [first, second, third].map(({ turns }) => most(turns));
  lap(
    `${speaker.said.size} messages; turns in a second ${rates}; waiting at once ${[first, second, third].map(({ waitingMost }) => waitingMost)}`,
  );
  for (const rate of rates) expect(rate).toBeLessThanOrEqual(LIMIT);
  for (const { opened, withoutTurn } of [first, second, third]) {
    expect(opened).toBeGreaterThanOrEqual(total);
    expect(withoutTurn).toBe(0);
  }
  // A client may recover twice, when a busy machine made it give up its first connection.
  for (const { recovered } of [second, third]) expect(recovered).toBeGreaterThanOrEqual(total);
});

it('finds lost, doubled, misplaced and misdelivered messages', () => {
  const member = (room: number, got: number[]): Member => ({
    kind: 'x',
    room,
    got,
    faults: [],
    recoveredCount: 0,
    isIn: true,
  });
  const spoken = { said: new Set([0, 1, 2, 21, 22]), maybe: new Set([41]) };
  expect(check([member(1, [0, 1, 21]), member(2, [0, 2, 22])], spoken)).toEqual([]);
  expect(check([member(1, [0, 1, 21, 41])], spoken)).toEqual([]);
  expect(check([member(1, [0, 21])], spoken).join()).toContain('1 lost: 1');
  expect(check([member(1, [0, 1, 1, 21])], spoken).join()).toContain('1 twice');
  expect(check([member(1, [0, 1, 21, 61])], spoken).join()).toContain('not for it: 61');
  expect(check([member(1, [0, 1, 21]), member(1, [0, 21, 1])], spoken).join()).toContain('another order');
  expect(check([member(1, [0, 1, 21]), member(1, [0, 1, 21, 41])], spoken).join()).toContain('another order');
});
