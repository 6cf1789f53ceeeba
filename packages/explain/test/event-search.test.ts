import { encodeOffset, erasedRecord, gapRecord, type Log, type LogRecord, memoryBackplane } from 'naru/backplane';
import type { Findings } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/entry/index.js';
import { findEvent as search, wantedOf } from '../src/event-search.js';
import { joined, node, sent } from './notes.js';

function recordAt(at: number, name = 'said'): LogRecord {
  return { rooms: [], except: [], event: JSON.stringify([name]), attachments: [], at };
}

function build() {
  const clock = new FakeClock();
  const { log } = memoryBackplane(clock, { ageMs: 1_000_000, bytes: 100_000_000 });
  const host = { namespaces: ['/'], logOf: () => log as Log | undefined, clock };
  return { clock, log, host, startedAt: clock.now() };
}

async function findEvent(...args: Parameters<typeof search>) {
  return (await search(...args)).event;
}

describe('wantedOf', () => {
  it('reads an offset, a name and a time', () => {
    const read = (event: unknown) => wantedOf('a', event);
    expect([read(encodeOffset(5)), read('said')]).toEqual([{ offset: encodeOffset(5) }, { name: 'said' }]);
    const same = [1_700_000_000_000, new Date(1_700_000_000_000), '2023-11-14T22:13:20Z'];
    expect(same.map(read)).toEqual(same.map(() => ({ at: 1_700_000_000_000 })));
  });

  it('reads a time that goes with a name, and with nothing else', () => {
    expect(wantedOf('a', 'said', '2023-11-14T22:13:20Z')).toEqual({ name: 'said', at: 1_700_000_000_000 });
    expect(() => wantedOf('a', 'said', 'noon')).toThrow('"since" must be a time, got "noon"');
    for (const event of [encodeOffset(5), 1_700_000_000_000])
      expect(() => wantedOf('a', event, 5)).toThrow('goes with the name of an event');
  });
});

describe('findEvent', () => {
  /** Fills a log with an event in each millisecond, and returns a function that finds the first one from a time on. */
  async function fill(count: number) {
    const { log, host, startedAt } = build();
    for (let at = 0; at < count; at += 1) await log.append('/', [recordAt(startedAt + at)]);
    return async (ms: number): Promise<number | undefined> => {
      const found = await findEvent(host, { at: startedAt + ms }, []);
      return found && found.at - startedAt;
    };
  }

  it('finds the first event from a time on across pages', async () => {
    const find = await fill(600);
    for (const ms of [0, 87, 88, 343, 344, 345, 599]) expect(await find(ms)).toBe(ms);
    expect([await find(-5), await find(600)]).toEqual([0, undefined]);
  });

  it('gives no other event for a time before the records that it looks through', async () => {
    const find = await fill(8_300);
    expect([await find(4_000), await find(5)]).toEqual([4_000, undefined]);
  });

  it('finds the first event of a name from a time on, in the log and in the memory of nodes', async () => {
    const { log, host, startedAt } = build();
    for (const [at, name] of ['said', 'said', 'other', 'said'].entries())
      await log.append('/', [recordAt(startedAt + at, name)]);
    const findAt = async (name: string, ms: number, ...findings: Findings[]): Promise<number | undefined> => {
      const found = await findEvent(host, { name, at: startedAt + ms }, findings);
      return found && found.at - startedAt;
    };
    expect([await findAt('said', 1), await findAt('said', 2), await findAt('said', 4)]).toEqual([1, 3, undefined]);
    expect(await findAt('other', 0)).toBe(2);
    const far = node('far', [
      { ...sent({ event: 'other' }), at: startedAt + 1 },
      { ...sent({ event: 'other' }), at: startedAt + 3 },
    ]);
    expect([await findAt('other', 1, far), await findAt('other', 2, far), await findAt('other', 3, far)]).toEqual([
      1, 2, 3,
    ]);
  });

  it('tells where the log begins if it may have lost the event that is looked for', async () => {
    const { log, host, startedAt } = build();
    for (const at of [10, 20, 30]) await log.append('/', [recordAt(startedAt + at, at === 10 ? 'other' : 'said')]);
    const sinceOf = async (at: number) => (await findEvent(host, { name: 'said', at: startedAt + at }, []))?.logSince;
    expect([await sinceOf(9), await sinceOf(10), await sinceOf(25)]).toEqual([startedAt + 10, undefined, undefined]);
    expect((await findEvent(host, { name: 'said' }, []))?.logSince).toBeUndefined();
  });

  it('says how far it has looked through a log that is too long', async () => {
    const { log, host, startedAt } = build();
    await log.append('/', [recordAt(startedAt, 'early')]);
    for (let at = 1; at <= 8_192; at += 1) await log.append('/', [recordAt(startedAt + at, 'other')]);
    const lookedSince = startedAt + 1;
    expect(await search(host, { name: 'early' }, [])).toEqual({ lookedSince });
    expect(await search(host, { name: 'early', at: startedAt }, [])).toEqual({ lookedSince });
    expect((await search(host, { name: 'other' }, [])).lookedSince).toBeUndefined();
    // An event in the memory of a node that is newer than what was looked at is the newest one, but not the first.
    const remembered = (at: number): Findings => node('far', [{ ...sent({ event: 'early' }), at }]);
    const found = async (ms: number, wanted: object = {}) =>
      await search(host, { name: 'early', ...wanted }, [remembered(startedAt + ms)]);
    expect(await found(1)).toMatchObject({ event: { node: 'far' }, lookedSince: undefined });
    expect(await found(0)).toMatchObject({ event: { node: 'far' }, lookedSince });
    expect(await found(1, { at: startedAt })).toMatchObject({ event: { node: 'far' }, lookedSince });
  });

  it('looks through a log for 800 milliseconds at most, and only at one page if a log is slower', async () => {
    const { clock, log, host, startedAt } = build();
    for (let at = 0; at < 1_000; at += 1) await log.append('/', [recordAt(startedAt + at)]);
    const slow: Pick<Log, 'readBack'> = {
      readBack: async (...args) => {
        await clock.advance(500);
        return log.readBack(...args);
      },
    };
    const find = () => search({ ...host, logOf: () => slow as Log }, { name: 'unheard' }, []);
    expect(await find()).toEqual({ lookedSince: startedAt + 1_000 - 2 * 256 });
  });

  it('knows what nodes remember of the namespaces for whose logs it has no time', async () => {
    const { clock, log, host } = build();
    await log.append('/', [recordAt(clock.now(), 'other')]);
    const slow: Pick<Log, 'readBack'> = {
      readBack: async (...args) => {
        await clock.advance(900);
        return log.readBack(...args);
      },
    };
    const slowHost = { ...host, namespaces: ['/', '/late'], logOf: () => slow as Log };
    const startedAt = clock.now();
    const findings = [node('far', [{ ...sent(), namespace: '/late' }])];
    const offset = encodeOffset(9);
    expect(await search({ ...slowHost, namespaces: ['/late'] }, { offset }, [])).toEqual({ lookedSince: undefined });
    expect(await search(slowHost, { offset }, [])).toEqual({ lookedSince: startedAt + 900 });
    const found = await search(slowHost, { name: 'said' }, [node('near', [joined()]), ...findings]);
    expect(found).toMatchObject({ event: { namespace: '/late', node: 'far' }, lookedSince: startedAt + 1_800 });
  });

  it('finds an event in a namespace that only the log has, after those of the client and of the server', async () => {
    const { log, host, startedAt } = build();
    await log.append('/chat', [recordAt(startedAt)]);
    expect((await findEvent(host, { name: 'said' }, []))?.namespace).toBe('/chat');
    expect((await findEvent(host, { offset: encodeOffset(1) }, []))?.namespace).toBe('/chat');
    await log.append('/', [recordAt(startedAt)]);
    expect((await findEvent(host, { name: 'said' }, []))?.namespace).toBe('/');
    expect(await findEvent({ ...host, logOf: () => undefined }, { name: 'said' }, [])).toBeUndefined();
  });

  it('passes over records of Naru itself', async () => {
    const { log, host, startedAt } = build();
    const erased = erasedRecord({ rooms: [], except: [], at: startedAt });
    await log.append('/', [recordAt(startedAt, 'first'), gapRecord(encodeOffset(0), null, startedAt), erased]);
    const { newest } = await log.extent('/');
    expect(await findEvent(host, { offset: newest }, [])).toBeUndefined();
    expect((await findEvent(host, { at: startedAt }, []))?.event).toBe('first');
  });

  it('takes what the log has before what a node remembers of the same time', async () => {
    const { log, host, startedAt } = build();
    await log.append('/', [recordAt(startedAt, 'kept')]);
    const findings = [node('far', [sent({ event: 'remembered' })])];
    const at = findings[0]?.sent[0]?.at ?? 0;
    expect(await findEvent(host, { name: 'remembered' }, findings)).toMatchObject({ node: 'far', at });
    expect((await findEvent(host, { name: 'kept' }, findings))?.offset).toBe(encodeOffset(1));
  });
});
