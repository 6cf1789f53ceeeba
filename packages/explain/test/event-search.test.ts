import { encodeOffset, erasedRecord, gapRecord, type LogRecord, memoryBackplane } from 'naru/backplane';
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
