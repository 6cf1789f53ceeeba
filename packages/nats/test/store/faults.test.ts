import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker, whyNoBroker } from '../../../../test/kit/brokers/broker.mjs';
import { type Relay, startRelay } from '../../../../test/kit/relay/relay.mjs';
import type { RemoteBackplane } from '../../../broker/src/remote-backplane.js';
import { queuesOf } from '../../../stomp/test/queues/queue-contract.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { nats } from '../../src/nats.js';

const ROOM = { countMax: 10_000, bytesMax: 10_000_000, queuesMax: 10, totalBytesMax: 10_000_000 };
const LEASE_MS = 600_000;

/** Breaks the connections of a relay again and again until `done` settles. */
async function breakUntil(relay: Relay, random: SeededRandom, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  const end = (): void => {
    isDone = true;
  };
  done.then(end, end);
  for (let count = 0; !isDone; count += 1) {
    await delay(random.integer(1, 120));
    // Every third time the server does not notice, and still reads what was under way.
    if (!isDone && count < 40) relay.cut(random.chance(0.33));
  }
}

describe.skipIf(whyNoBroker('nats'))('texts, tables and queues in NATS over connections that break', () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  const broker = new Broker('nats', folder);
  let relay: Relay;
  let count = 0;

  beforeAll(async () => {
    await broker.start();
    relay = await startRelay(broker.port);
  });
  afterAll(async () => {
    relay.close();
    await broker.kill();
    rmSync(folder, { recursive: true });
  });

  /** Opens a home of its own for one test: over the relay, and beside it. */
  function open(): { readonly broken: RemoteBackplane; readonly sound: RemoteBackplane } {
    count += 1;
    const app = `a${count}`;
    return { broken: nats(relay.url.replace('http:', 'nats:'), { app }), sound: nats(broker.url, { app }) };
  }

  it('carries out each of a thousand swaps once, in order', async () => {
    const { broken, sound } = open();
    const swaps: unknown[] = [];
    for (let n = 0; n < 1_000; n += 1) swaps.push(broken.store.swap('k', n === 0 ? undefined : `${n}`, `${n + 1}`));
    await breakUntil(relay, new SeededRandom(1), Promise.all(swaps));
    const answers = (await Promise.all(swaps)) as { swapped: boolean; value: string | undefined }[];
    expect(answers.filter(({ swapped }) => !swapped)).toEqual([]);
    expect(answers.map(({ value }) => value)).toEqual(answers.map((_, n) => (n === 0 ? undefined : `${n}`)));
    expect(await sound.store.get('k')).toBe('1000');
    await Promise.all([broken.close(), sound.close()]);
  });

  it('counts right although several nodes swap the same text', async () => {
    const { broken, sound } = open();
    const other = nats(relay.url.replace('http:', 'nats:'), { app: `a${count}` });
    const add = async ({ store }: RemoteBackplane): Promise<void> => {
      for (;;) {
        const before = await store.get('k');
        if ((await store.swap('k', before, `${Number(before ?? 0) + 1}`)).swapped) return;
      }
    };
    const adding = [broken, other, sound].flatMap((node) =>
      Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 12; n += 1) await add(node);
      }),
    );
    await breakUntil(relay, new SeededRandom(5), Promise.all(adding));
    expect(await sound.store.get('k')).toBe(`${3 * 8 * 12}`);
    await Promise.all([broken.close(), other.close(), sound.close()]);
  }, 60_000);

  it('never writes a text again over that of another node', async () => {
    const { broken, sound } = open();
    const random = new SeededRandom(2);
    const writes: Promise<unknown>[] = [];
    const wrong: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      const setting = Promise.resolve(broken.store.set(`k${n}`, 'broken'));
      // As soon as the write is seen, another node writes. From then on its text stays.
      const overwriting = (async () => {
        while ((await sound.store.get(`k${n}`)) === undefined) await delay(1);
        await sound.store.set(`k${n}`, 'sound');
        await setting;
        if ((await sound.store.get(`k${n}`)) !== 'sound') wrong.push(`k${n}`);
      })();
      writes.push(setting, overwriting);
    }
    await breakUntil(relay, random, Promise.all(writes));
    expect(wrong).toEqual([]);
    await Promise.all([broken.close(), sound.close()]);
  });

  it('keeps every change of a table', async () => {
    const { broken, sound } = open();
    const table = broken.store.table('t');
    const changes: unknown[] = [];
    for (let n = 0; n < 300; n += 1) {
      changes.push(table.put(`${n % 30}`, `${n}`, LEASE_MS));
      if (n % 5 === 0) changes.push(table.remove(`${(n + 7) % 30}`));
    }
    await breakUntil(relay, new SeededRandom(3), Promise.all(changes));
    const expected = new Map<string, string>();
    for (let n = 0; n < 300; n += 1) {
      expected.set(`${n % 30}`, `${n}`);
      if (n % 5 === 0) expected.delete(`${(n + 7) % 30}`);
    }
    const list = await sound.store.table('t').list(1_000);
    expect(list === 'same' ? list : new Map(list.entries)).toEqual(expected);
    await Promise.all([broken.close(), sound.close()]);
  });

  it('gives each of a thousand messages to one taker, in the order in which they were put', async () => {
    const { broken, sound } = open();
    const random = new SeededRandom(4);
    const puts: unknown[] = [];
    for (let n = 0; n < 1_000; n += 1) puts.push(queuesOf(broken).put([{ queue: 'q', messages: [`${n}`] }], ROOM));
    const seen: string[] = [];
    const taking = (async () => {
      while (seen.length < 1_000) {
        const held = await queuesOf(broken).take('q', 7, LEASE_MS);
        seen.push(...held.map(({ body, deliveries }) => `${body}${deliveries > 1 ? ' again' : ''}`));
        await queuesOf(broken).finish(
          'q',
          held.map(({ id }) => id),
        );
      }
    })();
    await breakUntil(relay, random, Promise.all([...puts, taking]));
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n}`));
    expect(await queuesOf(sound).extent('q')).toEqual({ count: 0, bytes: 0 });
    await Promise.all([broken.close(), sound.close()]);
  });

  it('carries out each write once although the server stands still for longer than an uplink lasts', async () => {
    const { broken, sound } = open();
    await broken.store.swap('k', undefined, '0');
    await sound.store.get('k');
    broker.stall();
    const swaps = Array.from({ length: 50 }, (_, n) => broken.store.swap('k', `${n}`, `${n + 1}`));
    await delay(8_000);
    broker.goOn();
    expect((await Promise.all(swaps)).filter(({ swapped }) => !swapped)).toEqual([]);
    expect(await sound.store.get('k')).toBe('50');
    await Promise.all([broken.close(), sound.close()]);
  }, 60_000);

  it('carries out each swap once while the server is killed again and again', async () => {
    const { broken, sound } = open();
    let done = 0;
    const swaps = Array.from({ length: 600 }, async (_, n) => {
      const answer = await broken.store.swap('k', n === 0 ? undefined : `${n}`, `${n + 1}`);
      done += 1;
      return answer;
    });
    const puts = Array.from({ length: 600 }, async (_, n) =>
      queuesOf(broken).put([{ queue: 'q', messages: [`${n}`] }], ROOM),
    );
    for (const until of [100, 250, 400]) {
      await expect.poll(() => done).toBeGreaterThan(until);
      await broker.kill();
      await broker.start();
    }
    const answers = await Promise.all(swaps);
    expect(answers.map(({ swapped, value }) => [swapped, value])).toEqual(
      answers.map((_answer, n) => [true, n === 0 ? undefined : `${n}`]),
    );
    await Promise.all(puts);
    const held = await queuesOf(sound).take('q', 1_000, LEASE_MS);
    expect(held.map(({ body }) => body)).toEqual(puts.map((_put, n) => `${n}`));
    await Promise.all([broken.close(), sound.close()]);
  }, 60_000);

  it('has everything after a restart of the server', async () => {
    const { broken, sound } = open();
    await broken.store.set('k', 'text');
    await broken.store.table('t').put('k', 'entry', LEASE_MS);
    await queuesOf(broken).put([{ queue: 'q', messages: ['1', '2'] }], ROOM);
    const [held] = await queuesOf(broken).take('q', 1, LEASE_MS);
    await queuesOf(sound).extent('q');
    await delay(500);
    await broker.kill();
    await broker.start();
    expect([await sound.store.get('k'), await sound.store.table('t').get('k')]).toEqual(['text', 'entry']);
    await queuesOf(broken).finish('q', [held?.id ?? '']);
    expect(await queuesOf(sound).extent('q')).toEqual({ count: 1, bytes: 1 });
    await Promise.all([broken.close(), sound.close()]);
  }, 60_000);
});
