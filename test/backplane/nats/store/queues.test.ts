import { describe, expect, it } from 'vitest';
import { BrokerClock } from '../../../../src/backplane/nats/store/broker-clock.js';
import { NatsQueues } from '../../../../src/backplane/nats/store/queues.js';
import { NatsStream } from '../../../../src/backplane/nats/store/stream.js';
import { decodeUtf8, encodeUtf8 } from '../../../../src/base/bytes.js';
import { SeededRandom } from '../../../../src/testing/seeded-random.js';
import { missing, serve } from './served.js';

const ROOM = { countMax: 10_000, bytesMax: 10_000_000, queuesMax: 10, totalBytesMax: 10_000_000 };
const LEASE_MS = 600_000;
/** A state is stored after so many commands. */
const STORED_AFTER = 16;

/** Whether a node is told of messages, and how many it has missed. */
class Ears {
  isDeaf = false;
  missed = 0;

  hear(): boolean {
    if (this.isDeaf) this.missed += 1;
    return !this.isDeaf;
  }
}

describe.skipIf(missing !== undefined)('queues in NATS', () => {
  const server = serve();
  let writers = 0;

  /** Opens the queues of an application as a node does. `hears` decides which commands the node is told of. */
  async function node(app: string, hears = (): boolean => true) {
    const told: string[] = [];
    const parts = await server.connect({ app, onQueue: (queue) => told.push(queue) });
    const { connection } = parts;
    const subscribe = (subject: string, onMessage: Parameters<typeof connection.subscribe>[1]) =>
      connection.subscribe(subject, (message) => hears() && onMessage(message));
    const prefix = `${app}.queues`;
    const push = `${app}.push`;
    const more = { max_msgs_per_subject: -1, republish: { src: `${prefix}.log`, dest: push } };
    const stream = new NatsStream(connection, { name: app, prefix, replicas: 1, more }, parts.clock);
    const clock = new BrokerClock(
      new NatsStream(connection, { name: `${app}_texts`, prefix: `${app}.t`, replicas: 1 }, parts.clock),
      parts.clock,
    );
    const deaf = { ...parts, connection: { subscribe, flush: () => connection.flush() } } as unknown as typeof parts;
    const { methods } = new NatsQueues(deaf, stream, clock, push, STORED_AFTER);
    writers += 1;
    const writer = `w${writers}`;
    let number = 0;
    const write = () => {
      number += 1;
      return { writer, number, settled: number - 1 };
    };
    return {
      stream,
      told,
      methods,
      put: (...texts: readonly string[]) =>
        methods.queuePut(write(), [{ queue: 'q', messages: texts.map(encodeUtf8) }], ROOM),
      take: (count: number) => methods.queueTake(write(), 'q', count, LEASE_MS),
      finish: (ids: readonly string[]) => methods.queueFinish(write(), 'q', ids),
      giveBack: (ids: readonly string[]) => methods.queueGiveBack(write(), 'q', ids),
      extent: () => methods.queueExtent(undefined, 'q'),
      watch: () => methods.queueWatch(undefined, 'q'),
    };
  }

  it('are there as soon as NATS makes their stream, although it has refused that at first', async () => {
    const { connection } = await server.connect();
    await connection.api('STREAM.CREATE.refused', { name: 'refused', subjects: ['other.>'] });
    const { put, take } = await node('refused');
    await expect(put('a')).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await connection.api('STREAM.DELETE.refused');
    expect(await put('b')).toBe('kept');
    expect((await take(1)).map(({ body }) => decodeUtf8(body))).toEqual(['b']);
  });

  it.each([1, 2, 3])(
    'lose nothing while states are stored and nodes hear of some commands only, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed);
      const app = `lossy${seed}`;
      const nodes = await Promise.all([
        node(app),
        node(app, () => random.chance(0.7)),
        node(app, () => random.chance(0.1)),
      ]);
      const [put, seen] = [new Set<string>(), new Map<string, number>()];
      for (let n = 0; n < 120; n += 1) {
        const each = nodes[random.integer(0, 2)];
        if (!each) continue;
        if (random.chance(0.5)) {
          put.add(`${n}`);
          expect(await each.put(`${n}`)).toBe('kept');
        } else {
          for (const { id, body } of await each.take(random.integer(1, 3))) {
            const text = decodeUtf8(body);
            if (random.chance(0.3)) await each.giveBack([id]);
            else {
              seen.set(text, (seen.get(text) ?? 0) + 1);
              await each.finish([id]);
            }
          }
        }
      }
      // A node that begins now goes on from a stored state.
      const late = await node(app);
      for (let held = await late.take(50); held.length > 0; held = await late.take(50)) {
        for (const { body } of held) seen.set(decodeUtf8(body), (seen.get(decodeUtf8(body)) ?? 0) + 1);
        await late.finish(held.map(({ id }) => id));
      }
      expect([...seen.keys()].sort()).toEqual([...put].sort());
      expect([...seen.values()].filter((times) => times !== 1)).toEqual([]);
      for (const each of nodes) expect(await each.extent()).toEqual({ count: 0, bytes: 0 });
      expect(await late.stream.last(`${app}.queues.head`)).toBeDefined();
    },
  );

  it('take no more room when their messages are done', async () => {
    const one = await node('room');
    for (let n = 0; n < 300; n += 1) {
      await one.put(`${n}`);
      await one.finish((await one.take(1)).map(({ id }) => id));
    }
    // These were 900 commands. Those after the last state stay, and how many that are depends on the time that it took
    // to store it.
    await expect.poll(() => one.stream.count()).toBeLessThan(450);
  });

  it('give a node bodies that it was never told', async () => {
    const one = await node('bodies');
    await one.put('a', '', 'bc');
    const other = await node('bodies');
    expect((await other.take(9)).map(({ body }) => decodeUtf8(body))).toEqual(['a', '', 'bc']);
  });

  it('answer a command again over another uplink', async () => {
    const [one, other] = [await node('again'), await node('again')];
    await one.put('a', 'b');
    const write = { writer: 'x', number: 1, settled: 0 };
    const take = (each: typeof one) => each.methods.queueTake(write, 'q', 1, LEASE_MS);
    const first = await take(one);
    expect(await take(other)).toEqual(first);
    expect(first.map(({ body }) => decodeUtf8(body))).toEqual(['a']);
    expect((await other.take(9)).map(({ body }) => decodeUtf8(body))).toEqual(['b']);
  });

  it('tell of messages to take, also when the node has missed the command', async () => {
    const ears = new Ears();
    const [one, other] = [await node('watched'), await node('watched', () => ears.hear())];
    await other.watch();
    await one.put('a');
    await expect.poll(() => other.told).toEqual(['q']);
    ears.isDeaf = true;
    for (let n = 0; n < 2 * STORED_AFTER; n += 1) await one.put('b');
    await expect.poll(() => ears.missed).toBeGreaterThanOrEqual(2 * STORED_AFTER);
    ears.isDeaf = false;
    await one.put('c');
    await expect.poll(() => other.told.length).toBeGreaterThan(1);
    expect(await other.extent()).toEqual({ count: 2 + 2 * STORED_AFTER, bytes: 2 + 2 * STORED_AFTER });
  });

  it('keep what is told while a node reads, and do not read it again', async () => {
    const ears = new Ears();
    const [one, other] = [await node('busy'), await node('busy', () => ears.hear())];
    await one.put('a');
    expect(await other.extent()).toMatchObject({ count: 1 });
    ears.isDeaf = true;
    await one.put('b');
    await expect.poll(() => ears.missed).toBe(1);
    ears.isDeaf = false;
    const { stream } = other;
    const [scan, last] = [stream.scan.bind(stream), stream.last.bind(stream)];
    let [scans, release]: [number, () => void] = [0, () => undefined];
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    stream.scan = (...args) => {
      scans += 1;
      return scan(...args);
    };
    // The first reading ends only after others have added more.
    stream.last = (...args) => (scans === 1 ? released.then(() => last(...args)) : last(...args));
    await other.watch();
    for (let n = 0; n < 10; n += 1) await one.put('c');
    await expect.poll(() => scans).toBe(1);
    release();
    await expect.poll(() => other.told).toHaveLength(11);
    expect(scans).toBe(1);
    expect(await other.extent()).toMatchObject({ count: 12 });
  });
});
