import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeNats } from '../../../../test/kit/brokers/nats-server.js';
import { SwiftClock } from '../../../../test/kit/brokers/swift-clock.js';
import { fuzzSeed } from '../../../../test/kit/fuzz-seed.js';
import { type Offset, type Page, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import type { NatsMessage } from '../../src/driver.js';
import { MessageCache } from '../../src/log/message-cache.js';
import { groupOf } from '../../src/names.js';
import type { UplinkParts } from '../../src/uplink.js';
import { LogTester, recordOf } from './log-kit.js';

const STEPS = 400;

/** A namespace whose messages stand between those of "/", in the same stream. */
const OTHER = Array.from({ length: 200 }, (_, n) => `/other-${n}`).find((name) => groupOf(name) === groupOf('/')) ?? '';

/** The records that a log must have, and the faults of pages. */
class Truth {
  readonly faults: string[] = [];
  checks = 0;
  /** The texts of the records by their offsets, in the order of the log. An erased one has none. */
  #records: { readonly offset: Offset; text: string | undefined }[] = [];
  #trimmed = ZERO_OFFSET;

  add(offsets: readonly Offset[], texts: readonly string[]): void {
    for (const [at, offset] of offsets.entries()) this.#records.push({ offset, text: texts[at] });
    this.#records.sort((one, other) => (one.offset < other.offset ? -1 : 1));
  }

  /** Chooses the offset of a record in the first part of the log, which may be removed. */
  pick(random: SeededRandom, part = 1): Offset {
    return this.#records[Math.floor(random.fraction() * part * this.#records.length)]?.offset ?? ZERO_OFFSET;
  }

  trim(offset: Offset): void {
    this.#trimmed = offset;
  }

  erase(offset: Offset): void {
    for (const record of this.#records) if (record.offset === offset) record.text = undefined;
  }

  /**
   * A page after an offset is asked for. Returns the function that checks it. It may have what is appended meanwhile.
   */
  watch(after: Offset, limit: number): (page: Page) => void {
    const from = after > this.#trimmed ? after : this.#trimmed;
    const countMin = Math.min(limit, this.#records.filter(({ offset }) => offset > from).length);
    return (page) => {
      const expected = this.#records.filter(({ offset }) => offset > from).slice(0, page.records.length);
      const isGap = after < this.#trimmed;
      this.#check(`after ${after}, ${limit}`, page, expected, page.records.length >= countMin && page.hasGap === isGap);
    };
  }

  /** A page before an offset, or at the end, is asked for. Returns the function that checks it. */
  watchBack(before: Offset | undefined, limit: number): (page: Page) => void {
    const least = this.#records.filter(({ offset }) => offset > this.#trimmed && !(before && offset >= before));
    const newest = least.at(-1)?.offset ?? ZERO_OFFSET;
    return (page) => {
      const last = page.records.at(-1)?.offset ?? ZERO_OFFSET;
      const all = this.#records.filter(({ offset }) => offset > this.#trimmed && offset <= last);
      const expected = all.slice(-limit);
      const isGap = all.length < limit && this.#trimmed > ZERO_OFFSET;
      const isWhole = before === undefined ? last >= newest : last === newest;
      this.#check(`before ${before}, ${limit}`, page, expected, isWhole && page.hasGap === isGap);
    };
  }

  #check(
    what: string,
    page: Page,
    expected: readonly { offset: Offset; text: string | undefined }[],
    isRight: boolean,
  ): void {
    this.checks += 1;
    const shown = ({ offset, event }: Page['records'][number], text: string | undefined): string =>
      `${offset} ${text === undefined ? '' : event}`;
    const got = page.records.map((record, at) => shown(record, expected[at]?.text)).join('; ');
    const wanted = expected
      .map(({ offset, text }) => `${offset} ${text === undefined ? '' : JSON.stringify([text])}`)
      .join('; ');
    if (got !== wanted || !isRight) this.faults.push(`${what}, gap ${page.hasGap}: got ${got}; wanted ${wanted}`);
  }
}

/**
 * Makes the messages that a node is told come late, twice and out of step. Returns the function that tells some of
 * them.
 */
function scatter({ connection }: UplinkParts, basePush: string, random: SeededRandom): () => void {
  const waiting: (() => void)[] = [];
  const subscribe = connection.subscribe.bind(connection);
  connection.subscribe = (subject, onMessage) =>
    subscribe(subject, (message: NatsMessage) => {
      // A base record comes before the messages that have its numbers.
      if (subject === basePush) onMessage(message);
      else waiting.push(() => onMessage(message));
    });
  const get = connection.get.bind(connection);
  connection.get = async (...args) => {
    const message = await get(...args);
    if (random.chance(0.2)) await delay(random.integer(0, 2));
    return message;
  };
  return () => {
    for (let count = random.integer(0, 6); count > 0 && waiting.length > 0; count -= 1) {
      const at = random.chance(0.7) ? 0 : random.integer(0, waiting.length - 1);
      const tell = waiting[at];
      if (random.chance(0.9)) waiting.splice(at, 1);
      tell?.();
    }
  };
}

describeNats('pages of a log in NATS, read from memory and from the server', ({ parts, newApp }) => {
  it('go on after a removal of old records, although the node still has those in memory', async () => {
    const app = newApp();
    const clock = new SwiftClock();
    const mine = await parts({}, { app, clock, bytes: 6_000 });
    const [writer, reader] = [new LogTester(mine), new LogTester(await parts({}, { app, clock }))];
    const append = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) await writer.append([recordOf(`${n} ${'x'.repeat(200)}`, clock.now())]);
      await writer.memory.retention.settled(mine, '/');
    };
    await append(0, 20);
    expect((await reader.read(ZERO_OFFSET)).records.length).toBeGreaterThan(5);
    await append(20, 100);
    const { records } = await writer.read(ZERO_OFFSET);
    expect(records.at(-1)?.event).toContain('99 x');
    expect(await reader.read(ZERO_OFFSET, 5)).toEqual({ records: records.slice(0, 5), hasGap: true });
  });

  it('begin at the right place after an offset of a node that has just begun, and of which this one has not heard', async () => {
    const app = newApp();
    const clock = new SwiftClock();
    const first = new LogTester(await parts({}, { app, clock }));
    const offsets = [...(await first.append([recordOf('0')])).offsets];
    const given = await parts({}, { app, clock });
    const { basePush } = new LogTester(given).memory.group('/');
    const subscribe = given.connection.subscribe.bind(given.connection);
    given.connection.subscribe = (subject, onMessage) =>
      subscribe(subject, (message) => subject !== basePush && onMessage(message));
    const open = async (): Promise<LogTester> => {
      const tester = new LogTester(given);
      await tester.log.open('/');
      return tester;
    };
    const readers = [await open(), await open(), await open()] as const;
    await delay(5);
    const second = new LogTester(await parts({}, { app, clock }));
    second.write = () => ({ writer: 'writer-2', number: offsets.length, settled: 0 });
    for (let n = 1; n <= 3; n += 1) offsets.push(...(await second.append([recordOf(`${n}`)])).offsets);
    const page = await readers[0].read(offsets[1] ?? '');
    expect([page.records.map(({ event }) => event), page.hasGap]).toEqual([['["2"]', '["3"]'], false]);
    expect(await readers[1].log.methods.knows(undefined, '/', offsets[2] ?? '')).toBe(true);
    expect(await readers[2].erase({ offset: offsets[2] ?? '' })).toBe(1);
  });

  it('end at the right place before an offset of the first node, of which this one has not heard', async () => {
    const app = newApp();
    const clock = new SwiftClock();
    const given = await parts({}, { app, clock });
    const subscribe = given.connection.subscribe.bind(given.connection);
    const { basePush } = new LogTester(given).memory.group('/');
    given.connection.subscribe = (subject, onMessage) =>
      subscribe(subject, (message) => subject !== basePush && onMessage(message));
    const readers = [new LogTester(given), new LogTester(given)] as const;
    for (const { log } of readers) await log.open('/');
    const writer = new LogTester(await parts({}, { app, clock }));
    const offsets: Offset[] = [];
    for (const text of ['0', '1']) offsets.push(...(await writer.append([recordOf(text)])).offsets);
    const page = await readers[0].log.methods.readBack(undefined, '/', offsets[1], 5);
    expect([page.records.map(({ event }) => event), page.hasGap]).toEqual([['["0"]'], false]);
    expect(await readers[1].log.methods.knows(undefined, '/', offsets[0] ?? '')).toBe(true);
  });

  it('have each record up to their end, whatever the node was told, has forgotten, and reads at the same time', {
    timeout: 60_000,
  }, async () => {
    const random = new SeededRandom(fuzzSeed);
    const app = newApp();
    const clock = new SwiftClock();
    const log = new Truth();
    const open = async (writer: string): Promise<[UplinkParts, LogTester]> => {
      const given = await parts({}, { app, clock });
      const tester = new LogTester(given);
      let number = 0;
      tester.write = () => {
        number += 1;
        return { writer, number, settled: 0 };
      };
      return [given, tester];
    };
    const [[mine, one], [, two], [theirs, reader]] = [
      await open('writer-1'),
      await open('writer-2'),
      await open('reader-1'),
    ];
    const tell = scatter(theirs, reader.memory.group('/').basePush, random.fork());
    // Few messages fit into it.
    Object.assign(reader.memory.group('/'), { cache: new MessageCache(6_000) });
    await reader.log.methods.follow(undefined, '/');
    let count = 0;
    // A page may have what is appended at the same time.
    const checks: (() => void)[] = [];
    const append = async (): Promise<void> => {
      const texts = Array.from({ length: random.integer(1, 4) }, () => `${count++}`);
      const isHere = random.chance(0.7);
      const { offsets } = await random.pick([one, two]).append(
        texts.map((text) => recordOf(text)),
        isHere ? '/' : OTHER,
      );
      if (isHere) log.add(offsets, texts);
    };
    const read = async (): Promise<void> => {
      const after = random.chance(0.1) ? ZERO_OFFSET : log.pick(random);
      const limit = random.integer(1, 60);
      const check = log.watch(after, limit);
      const page = await reader.read(after, limit);
      checks.push(() => check(page));
    };
    const readBack = async (): Promise<void> => {
      const before = random.chance(0.3) ? undefined : log.pick(random);
      const limit = random.integer(1, 60);
      const check = log.watchBack(before, limit);
      const page = await reader.log.methods.readBack(undefined, '/', before, limit);
      checks.push(() => check(page));
    };
    const trim = async (): Promise<void> => {
      const group = one.memory.group('/');
      const { seq = 0 } = group.numbers.place(log.pick(random, 0.3)) ?? {};
      if (seq <= group.namespace('/').trimmed) return;
      await group.trim(mine.connection, group.namespace('/'), seq);
      log.trim(group.offset(seq));
    };
    const erase = async (): Promise<void> => {
      const offset = log.pick(random);
      await two.erase({ offset });
      log.erase(offset);
    };
    await append();
    for (let step = 0; step < STEPS; step += 1) {
      if (random.chance(0.4)) tell();
      const kind = random.fraction();
      if (kind < 0.02) await trim();
      else if (kind < 0.05) await erase();
      else {
        const work = [append, read, readBack, read, append].filter(() => random.chance(0.5));
        await Promise.all(work.map((each) => each()));
        for (const check of checks.splice(0)) check();
      }
    }
    expect([log.checks > STEPS / 2, log.faults]).toEqual([true, []]);
  });
});
