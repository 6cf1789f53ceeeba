import { describe, expect, it } from 'vitest';
import {
  type Batch,
  decodeOffset,
  encodeOffset,
  lowerOffset,
  type Offset,
  ZERO_OFFSET,
} from '../../../../src/backplane/backplane.js';
import { delay } from '../../../../src/base/clock.js';
import { UnavailableError } from '../../../../src/base/errors.js';
import { ORDER_WAIT_MS } from '../../../../src/namespace/log/fences.js';
import { build, turns } from '../sharing.js';

describe('LogDelivery with a log that tells what others append', () => {
  /**
   * Two processes; the first one's records are told to the second as batches. Reading fails unless a test allows it.
   */
  function pair(ageMs?: number) {
    const world = build(2, true, undefined, ageMs);
    const [one, two] = world.processes;
    if (!one || !two) throw new TypeError('two processes');
    const follower = [...world.followers][1];
    const { read } = world.log;
    const allow = (isAllowed: boolean): void => {
      world.log.read = isAllowed
        ? read
        : () => {
            throw new TypeError('a record was read');
          };
    };
    /** Makes the first process emit events, and returns them as batches of one record each. */
    const batchesOf = async (...names: string[]): Promise<Batch[]> => {
      const { previous } = await world.log.append('/', []);
      for (const name of names) one.emit(name);
      await world.clock.settle();
      await turns();
      const { records } = await read('/', previous, 300);
      return records.map((record, at) => ({ previous: records[at - 1]?.offset ?? previous, records: [record] }));
    };
    const tell = (batch: Batch | undefined): void => {
      if (batch) follower?.onBatch(batch);
    };
    return { ...world, one, two, allow, batchesOf, tell, follower };
  }

  /** The second process has a flight open. `land` lets it be delivered. */
  async function openFlight(world = pair()) {
    const { clock, log, two } = world;
    const { append } = log;
    let answer = (): void => undefined;
    log.append = (...args) => {
      const appended = append(...args);
      return new Promise((resolve) => {
        answer = () => resolve(appended);
      });
    };
    two.emit('own');
    await clock.settle();
    log.append = append;
    const land = async (): Promise<void> => {
      answer();
      await turns();
    };
    return { ...world, land };
  }

  it('delivers batches without reading', async () => {
    const { two, allow, batchesOf, tell, errors } = pair();
    const batches = await batchesOf('1', '2', '3');
    allow(false);
    for (const batch of batches) tell(batch);
    for (const batch of batches) tell(batch);
    await turns();
    expect([two.listener.got, errors]).toEqual([['1', '2', '3'], []]);
  });

  it('delivers of a batch what was not delivered before, and drops the batches before it', async () => {
    const { two, allow, batchesOf, tell, errors } = pair();
    const [one, second, third, fourth] = await batchesOf('1', '2', '3', '4');
    if (!one || !second || !third) throw new TypeError('four batches');
    allow(false);
    tell(one);
    tell(second);
    tell(one);
    tell({ previous: one.previous, records: [...one.records, ...second.records, ...third.records] });
    tell(second);
    tell(fourth);
    expect([two.listener.got, errors]).toEqual([['1', '2', '3', '4'], []]);
  });

  it('reads what was not told, and delivers each record once', async () => {
    const { two, batchesOf, tell } = pair();
    const [first, , third] = await batchesOf('1', '2', '3');
    tell(first);
    tell(third);
    await turns();
    expect(two.listener.got).toEqual(['1', '2', '3']);
  });

  it('hears a message that was appended while it asked where a log ends of which nothing was left', async () => {
    const { clock, log, one, two, follower } = pair();
    one.emit('expired');
    await clock.settle();
    await turns();
    await clock.advance(3_000);
    const { extent } = log;
    log.extent = (...args) => {
      log.extent = extent;
      one.delivery.tell(['new']);
      return extent(...args);
    };
    follower?.onMore();
    await turns();
    expect(two.told).toEqual([['new']]);
    expect(two.listener.readsFrom).toHaveLength(1);
  });

  it('delivers a batch that stands before its own open flight, and the flight before a batch that stands after it', async () => {
    const world = pair();
    const { two, allow, batchesOf, tell, errors } = world;
    const [before] = await batchesOf('before');
    const { land } = await openFlight(world);
    const [after] = await batchesOf('after');
    allow(false);
    tell(before);
    tell(after);
    expect(two.listener.got).toEqual(['before']);
    await land();
    expect([two.listener.got, errors]).toEqual([['before', 'own', 'after'], []]);
  });

  it('has an answer wait for its own flight while the pages before it come, however many there are', async () => {
    const { clock, log, two, batchesOf } = pair(10_000);
    await batchesOf(...Array.from({ length: 600 }, (_, at) => `${at}`));
    const { read } = log;
    log.read = (async (...args: Parameters<typeof read>) => {
      await delay(clock, ORDER_WAIT_MS - 1);
      return read(...args);
    }) as never;
    two.emit('own');
    await clock.settle();
    two.log.fences.runSoon(() => two.listener.got.push('answer'));
    for (let page = 0; page < 3; page += 1) {
      await turns();
      await clock.advance(ORDER_WAIT_MS - 1);
    }
    await turns();
    expect(two.listener.got.slice(-3)).toEqual(['599', 'own', 'answer']);
  });

  describe('while the fences of its own flight take effect', () => {
    it('delivers no batch that stands after the flight, even if one of the fences has the log read', async () => {
      const { two, batchesOf, tell, land } = await openFlight();
      two.log.fences.run(() => void two.log.refresh());
      two.log.fences.run(() => two.listener.got.push('fence'));
      const [after] = await batchesOf('after');
      tell(after);
      await land();
      expect(two.listener.got).toEqual(['own', 'fence', 'after']);
    });

    it('has a fence wait for the records that it has read', async () => {
      const { two, batchesOf, land } = await openFlight();
      const found: string[][] = [];
      two.log.fences.run(() => {
        void Promise.resolve(two.log.refresh()).then(() => found.push([...two.listener.got]));
      });
      await batchesOf('after');
      await land();
      expect(found).toEqual([['own', 'after']]);
    });
  });

  it('reads the log when more batches wait than it keeps', async () => {
    const { clock, two, batchesOf, tell } = pair();
    const [first] = await batchesOf('first');
    if (!first) throw new TypeError('one batch');
    two.emit('own');
    await clock.settle();
    const beyond = {
      previous: encodeOffset(1_000),
      records: first.records.map((r) => ({ ...r, offset: encodeOffset(1_001) })),
    };
    for (let n = 0; n < 300; n += 1) tell(beyond);
    await turns();
    expect(two.listener.got).toEqual(['first', 'own']);
  });

  it.each([
    [256, 0],
    [257, 1],
  ])('keeps 256 batches, and reads those that come then from the log: %i', async (count, failures) => {
    const { land, allow, batchesOf, tell, errors, two } = await openFlight();
    const batches = await batchesOf(...Array.from({ length: count }, (_, n) => `${n}`));
    allow(false);
    for (const batch of batches) tell(batch);
    expect(two.listener.got).toEqual([]);
    await land();
    expect([two.listener.got.length, errors.length]).toEqual([257, failures]);
  });

  it('reads one page for many of its own flights, and delivers the records of others between them', async () => {
    const world = pair();
    const { clock, log, one, two, follower } = world;
    const { append, read } = log;
    const answers: (() => void)[] = [];
    const names = Array.from({ length: 50 }, (_, n) => [`own ${n}`, `other ${n}`]);
    for (const [own, other] of names) {
      log.append = (...args) => {
        const appended = append(...args);
        return new Promise((resolve) => answers.push(() => resolve(appended)));
      };
      two.emit(own ?? '');
      await clock.settle();
      log.append = append;
      one.emit(other ?? '');
      await clock.settle();
    }
    let readings = 0;
    log.read = (...args) => {
      readings += 1;
      return read(...args);
    };
    follower?.onMore();
    for (const answer of answers) answer();
    await turns();
    expect(two.listener.got).toEqual(names.flat());
    // One page for the flights, and one for the last record.
    expect(readings).toBe(2);
  });

  it('reads one page for many of its own flights when the home names places between two records', async () => {
    const world = pair();
    const { clock, log, one, two, follower } = world;
    const { append, read } = log;
    const answers: (() => void)[] = [];
    let readings = 0;
    // Each record has a free place before it. The home says nothing of the records of the other process.
    const place = (offset: Offset): Offset => encodeOffset(2 * (decodeOffset(offset) ?? 0));
    log.append = async (...args) => {
      const offsets = (await append(...args)).offsets.map(place);
      await new Promise<void>((resolve) => answers.push(resolve));
      return { offsets, previous: lowerOffset(offsets[0] ?? '', 1), told: ZERO_OFFSET };
    };
    log.read = async (namespace, from, limit) => {
      readings += 1;
      const { records, hasGap } = await read(namespace, encodeOffset(Math.floor((decodeOffset(from) ?? 0) / 2)), limit);
      return { records: records.map((record) => ({ ...record, offset: place(record.offset) })), hasGap };
    };
    const names = Array.from({ length: 50 }, (_, n) => [`own ${n}`, `other ${n}`]);
    for (const [own = '', other = ''] of names)
      for (const [process, name] of [
        [two, own],
        [one, other],
      ] as const) {
        process.emit(name);
        await clock.settle();
      }
    const { erasures } = two.log;
    follower?.onMore();
    for (const answer of answers) answer();
    await turns();
    expect(two.listener.got).toEqual(names.flat());
    // One page for the flights, and one for the last record. Nothing that is held was erased.
    expect([readings, two.log.erasures]).toEqual([2, erasures]);
  });

  it('reads nothing for a flight after it has delivered all that the home has not told', async () => {
    const world = pair();
    const { log, two, allow, batchesOf, tell, follower, errors } = world;
    const [first, hidden] = await batchesOf('first', 'hidden');
    const { append } = log;
    // The home says that it has told all that is for this process.
    log.append = async (...args) => ({ ...(await append(...args)), told: first?.records[0]?.offset });
    const { land } = await openFlight(world);
    allow(false);
    follower?.onMore(hidden?.previous);
    tell(first);
    await land();
    expect([two.listener.got, errors]).toEqual([['first', 'own'], []]);
  });

  it('waits for the next batch when the log cannot be read', async () => {
    const { two, allow, batchesOf, tell, errors } = pair();
    const [, second, third] = await batchesOf('1', '2', '3');
    allow(false);
    tell(second);
    await turns();
    expect([two.listener.got, errors.length]).toEqual([[], 1]);
    allow(true);
    tell(third);
    await turns();
    expect(two.listener.got).toEqual(['1', '2', '3']);
  });

  it('reads again before its own flight when the home has not answered in time, so it hears every message', async () => {
    const world = pair();
    const { one, two, log } = world;
    const { land } = await openFlight(world);
    one.delivery.tell(['act', 'join']);
    two.emit('later');
    await world.clock.settle();
    const { read } = log;
    let failures = 2;
    log.read = (...args) => {
      failures -= 1;
      if (failures >= 0) throw new UnavailableError('TIMEOUT', 'ten seconds have passed');
      return read(...args);
    };
    await land();
    await world.clock.advance(1_000);
    expect([two.told, two.listener.got, two.listener.readsFrom]).toEqual([[['act', 'join']], ['own', 'later'], []]);
  });

  it('delivers its own flight without what stands before it, once the home has not answered six times', async () => {
    const world = pair();
    const { one, two, log } = world;
    const { land } = await openFlight(world);
    one.emit('before');
    two.emit('later');
    await world.clock.settle();
    const from = two.log.offset;
    let readings = 0;
    log.read = () => {
      readings += 1;
      throw new UnavailableError('TIMEOUT', 'ten seconds have passed');
    };
    await land();
    await world.clock.advance(10_000);
    expect([readings, two.listener.got, two.listener.readsFrom]).toEqual([6, ['own', 'later'], [encodeOffset(1)]]);
    expect(from).toBe(encodeOffset(0));
  });

  it('reads again when the home has not answered in time, and only then has it caught up', async () => {
    const { one, two, clock, log, follower, errors } = pair();
    one.emit('1');
    await clock.settle();
    const { read } = log;
    log.read = () => {
      log.read = read;
      throw new UnavailableError('TIMEOUT', 'ten seconds have passed');
    };
    let hasCaughtUp = false;
    follower?.onMore();
    void Promise.resolve(two.delivery.catchUp()).then(() => {
      hasCaughtUp = true;
    });
    await turns();
    expect([two.listener.got, hasCaughtUp, errors.length]).toEqual([[], false, 1]);
    await clock.advance(1_000);
    await turns();
    expect([two.listener.got, hasCaughtUp]).toEqual([['1'], true]);
  });

  it('reads what the home has told of while a reading failed', async () => {
    const { one, two, clock, log, follower } = pair();
    one.emit('1');
    await clock.settle();
    const { read } = log;
    log.read = () => {
      log.read = read;
      void Promise.resolve().then(() => follower?.onMore());
      throw new UnavailableError('IO_FAILED', 'the disk');
    };
    follower?.onMore();
    await turns();
    expect(two.listener.got).toEqual(['1']);
  });
});
