import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../../test/kit/brokers/broker.mjs';
import { type Relay, startRelay } from '../../../test/kit/relay/relay.mjs';
import type { RemoteBackplane } from '../../broker/src/remote-backplane.js';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { queuesOf } from '../../stomp/test/queues/queue-contract.js';
import { redis } from '../src/redis.js';
import { startCluster, startRedis, whyNoRedis } from './servers-and-uplinks.js';

const ROUNDS = 200;
/** Milliseconds between two looks at something that happens. */
const LOOK_MS = 5;
const ROOM = { countMax: 10_000, bytesMax: 1e9, queuesMax: 100, totalBytesMax: 1e9 };
const NAMES = ['/', '/other'];

/** Servers of Redis, two nodes that write, and one that reads. */
interface Stage {
  readonly servers: readonly Broker[];
  /** The way to a server that is alone. */
  readonly relay: Relay;
  readonly nodes: readonly RemoteBackplane[];
  readonly reader: RemoteBackplane;
}

function stageOf(servers: readonly Broker[], relay: Relay, url: string): Stage {
  const open = (): RemoteBackplane => {
    const backplane = redis(url, { ageMs: 600_000, bytes: 1e9 });
    onTestFinished(() => backplane.close());
    return backplane;
  };
  return { servers, relay, nodes: NAMES.map(open), reader: open() };
}

async function startOne(): Promise<Stage> {
  // Redis gives each write to the kernel before it answers. With "everysec", it answers earlier while the disk is slow.
  const server = await startRedis(['--appendfsync', 'no']);
  const relay = await startRelay(server.port);
  onTestFinished(() => relay.close());
  return stageOf([server], relay, `redis://127.0.0.1:${relay.port}`);
}

async function startThree(): Promise<Stage> {
  const servers = await startCluster();
  const relay = await startRelay(0);
  onTestFinished(() => relay.close());
  return stageOf(servers, relay, servers[0]?.url ?? '');
}

/** Writes of one node. Each depends on all earlier ones, so a loss, a repetition or another order shows. */
class Ledger {
  readonly #backplane: RemoteBackplane;
  readonly #name: string;
  readonly wrong: string[] = [];
  answered = 0;

  constructor(backplane: RemoteBackplane, name: string) {
    this.#backplane = backplane;
    this.#name = name;
  }

  async write(rounds: number): Promise<void> {
    const all: Promise<void>[] = [];
    const { store, log } = this.#backplane;
    const queues = queuesOf(this.#backplane);
    const own = this.#backplane.storeOf(this.#name);
    const name = this.#name;
    for (let n = 0; n < rounds; n += 1) {
      const before = n === 0 ? undefined : `${n - 1}`;
      const record = { rooms: [], except: [], event: `[${n}]`, attachments: [], at: 0 };
      const table = store.table(name);
      all.push(
        this.#note('swap', store.swap(`counter ${name}`, before, `${n}`), { swapped: true, value: before }),
        this.#note('set', own.set('newest', `${n}`), undefined),
        this.#note(
          'append',
          Promise.resolve(log.append(name, [record])).then(({ offsets }) => offsets.length),
          1,
        ),
        this.#note('put', queues.put([{ queue: name, messages: [`${n}`] }], ROOM), 'kept'),
        this.#note('table', table.put(`${n % 10}`, `${n}`, 600_000), undefined),
      );
    }
    await Promise.all(all);
  }

  /** Checks what the home has. */
  async check(rounds: number): Promise<void> {
    const { store, log } = this.#backplane;
    const queues = queuesOf(this.#backplane);
    const all = Array.from({ length: rounds }, (_, n) => `${n}`);
    const { records } = await log.read(this.#name, ZERO_OFFSET, 100_000);
    expect(records.map(({ event }) => event.slice(1, -1))).toEqual(all);
    expect(await store.get(`counter ${this.#name}`)).toBe(all.at(-1));
    expect(await this.#backplane.storeOf(this.#name).get('newest')).toBe(all.at(-1));
    const held = await queues.take(this.#name, 10_000, 60_000);
    expect(held.map(({ body }) => body)).toEqual(all);
    const list = await store.table(this.#name).list(100);
    expect(list === 'same' || list.entries.map(([, value]) => value)).toEqual(all.slice(-10));
  }

  async #note(what: string, answer: unknown, expected: unknown): Promise<void> {
    const given = await answer;
    this.answered += 1;
    if (JSON.stringify(given) !== JSON.stringify(expected)) this.wrong.push(`${what} ${JSON.stringify(given)}`);
  }
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await delay(LOOK_MS);
}

/** Text and log of a namespace, as another node sees them while they are written: the log is never ahead. */
async function watchOrder(backplane: RemoteBackplane, name: string, isOver: () => boolean): Promise<number> {
  let looks = 0;
  while (!isOver()) {
    const [last] = (await backplane.log.readBack(name, undefined, 1)).records;
    const newest = Number((await backplane.storeOf(name).get('newest')) ?? '-1');
    expect(newest).toBeGreaterThanOrEqual(last ? Number(last.event.slice(1, -1)) : -1);
    looks += 1;
  }
  return looks;
}

interface Fault {
  readonly name: string;
  readonly start: () => Promise<Stage>;
  /** Is made several times, while writes are under way. `times` counts them. */
  make(stage: Stage, times: number): Promise<void>;
}

/**
 * Redis finds requests and the command at the same time, so it carries out requests whose answers it cannot send any
 * more.
 */
async function closeConnections({ servers }: Stage): Promise<void> {
  for (const server of servers) server.stall();
  const killing = servers.map((server) => server.say('CLIENT KILL TYPE normal'));
  await delay(LOOK_MS);
  for (const server of servers) server.goOn();
  await Promise.all(killing);
}

/**
 * A server does nothing until the nodes have noticed it, which takes some seconds. Then it reads what the old
 * connections sent.
 */
async function standStill({ servers: [server], nodes }: Stage, times: number): Promise<void> {
  if (times > 0) return;
  server?.stall();
  const states = (): string[] => nodes.map(({ state }) => state);
  await expect.poll(states, { timeout: 30_000, interval: LOOK_MS }).not.toContain('up');
  server?.goOn();
}

/** Connections end after some bytes of answers, at other places each time. */
async function breakNetwork({ relay }: Stage, times: number): Promise<void> {
  relay.bytesMax = times < 4 ? 9_000 + 2_003 * times : Number.POSITIVE_INFINITY;
  relay.cut();
}

const FAULTS: readonly Fault[] = [
  { name: 'when Redis closes its connections', start: startOne, make: closeConnections },
  { name: 'when a Redis Cluster closes its connections', start: startThree, make: closeConnections },
  { name: 'when Redis stands still', start: startOne, make: standStill },
  { name: 'when one server of a Redis Cluster stands still', start: startThree, make: standStill },
  {
    name: 'when the network breaks in the middle of the answers',
    start: startOne,
    make: breakNetwork,
  },
  {
    name: 'when Redis crashes and starts again',
    start: startOne,
    async make({ servers: [server] }) {
      await server?.kill();
      await server?.start();
    },
  },
];

describe.skipIf(whyNoRedis)('each of a thousand writes of two nodes takes effect once and in order', () => {
  it.each(FAULTS)('$name', { timeout: 60_000 }, async ({ start, make }) => {
    const stage = await start();
    const ledgers = stage.nodes.map((node, at) => new Ledger(node, NAMES[at] ?? ''));
    const answered = (): number => ledgers.reduce((sum, ledger) => sum + ledger.answered, 0);
    let isOver = false;
    const watching = Promise.all(NAMES.map((name) => watchOrder(stage.reader, name, () => isOver)));
    const writing = Promise.all(ledgers.map((ledger) => ledger.write(ROUNDS))).finally(() => {
      isOver = true;
    });
    for (let times = 0; times < 5; times += 1) {
      const from = answered();
      await until(() => answered() > from || isOver);
      expect(isOver).toBe(false);
      await make(stage, times);
    }
    await writing;
    expect(ledgers.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect((await watching).every((looks) => looks > 0)).toBe(true);
    for (const ledger of ledgers) await ledger.check(ROUNDS);
  });
});

describe.skipIf(whyNoRedis)('each message of a queue goes to one of two takers, once', () => {
  it.each(FAULTS.filter(({ make }) => make !== standStill))('$name', { timeout: 60_000 }, async ({ start, make }) => {
    const stage = await start();
    const all = Array.from({ length: 600 }, (_, n) => `${n}`);
    await queuesOf(stage.reader).put([{ queue: 'jobs', messages: all }], ROOM);
    const taken: string[] = [];
    /** Each taker returns every third message once. */
    const work = async (backplane: RemoteBackplane): Promise<void> => {
      const queues = queuesOf(backplane);
      while (taken.length < all.length) {
        const held = await queues.take('jobs', 5, 60_000);
        const returned = held.filter(({ deliveries }, at) => deliveries === 1 && at % 3 === 0);
        const done = held.filter((message) => !returned.includes(message));
        queues
          .giveBack(
            'jobs',
            returned.map(({ id }) => id),
          )
          .catch(() => taken.push('a return failed'));
        await queues.finish(
          'jobs',
          done.map(({ id }) => id),
        );
        taken.push(...done.map(({ body }) => body));
      }
    };
    const working = Promise.all(stage.nodes.map(work));
    for (let times = 0; times < 5; times += 1) {
      const from = taken.length;
      await until(() => taken.length > from);
      await make(stage, times);
    }
    await working;
    expect([...taken].sort((one, other) => Number(one) - Number(other))).toEqual(all);
    expect(await queuesOf(stage.reader).extent('jobs')).toEqual({ count: 0, bytes: 0 });
  });
});
