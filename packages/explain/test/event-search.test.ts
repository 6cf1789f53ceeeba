import { encodeOffset, erasedRecord, gapRecord, type LogRecord, memoryBackplane } from 'naru/backplane';
import type { Findings } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/entry/index.js';
import { findEvent, wantedOf } from '../src/event-search.js';
import { node, sent } from './notes.js';

function recordAt(at: number, name = 'said'): LogRecord {
  return { rooms: [], except: [], event: JSON.stringify([name]), attachments: [], at };
}

function build() {
  const clock = new FakeClock();
  const { log } = memoryBackplane(clock, { ageMs: 1_000_000, bytes: 100_000_000 });
  const host = { namespaces: ['/'], logOf: () => log };
  return { log, host, startedAt: clock.now() };
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
