import { afterEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../packages/naru/src/namespace/explain/journal.js';
import { History } from '../../packages/naru/src/namespace/history/history.js';
import { Membership } from '../../packages/naru/src/namespace/membership/membership.js';
import { AnswerMemory } from '../../packages/naru/src/namespace/once/answer-memory.js';
import { SharedPresence } from '../../packages/naru/src/namespace/presence/shared-presence.js';
import { Recovery } from '../../packages/naru/src/namespace/recovery/recovery.js';
import { SessionSearch } from '../../packages/naru/src/namespace/recovery/session-search.js';
import type { EncodedPacket } from '../../packages/naru/src/transport/encoded-packet.js';
import { formatList, readList } from './soak/main.js';
import { planActions, planWorld } from './soak/plan.js';
import { runSeed } from './soak/run.js';
import { shrink } from './soak/shrink.js';

afterEach(() => vi.restoreAllMocks());

const seeds = process.env.NARU_SEED === undefined ? [2, 4, 11] : [Number(process.env.NARU_SEED)];

describe('the simulated soak', () => {
  it.each(seeds)('passes with all the faults of 3 minutes of seed %d', { timeout: 60_000 }, async (seed) => {
    const { failure, counts } = await runSeed({ seed, minutes: 3 });
    expect(failure, `npm run soak -- --seed ${seed} --minutes 3`).toBeUndefined();
    expect(counts.events).toBeGreaterThan(20);
    expect(counts.connects).toBeGreaterThan(0);
  });

  it.each([1, 9, 50])('is explained as it was, in 20 minutes of seed %d', { timeout: 240_000 }, async (seed) => {
    const { failure, counts } = await runSeed({ seed, minutes: 20, isExplained: true });
    expect(failure, `npm run soak -- --seed ${seed} --minutes 20 --explain`).toBeUndefined();
    expect(counts.explained).toBeGreaterThan(20);
    expect(counts.unknown).toBeLessThan(Number(counts.explained));
  });

  it('takes the same course for the same seed, and another for another', { timeout: 60_000 }, async () => {
    const lines: string[][] = [[], []];
    const one = await runSeed({ seed: 2, minutes: 2, onLine: (line) => lines[0]?.push(line) });
    const again = await runSeed({ seed: 2, minutes: 2, onLine: (line) => lines[1]?.push(line) });
    expect(lines[1]).toEqual(lines[0]);
    expect([again.digest, again.lines]).toEqual([one.digest, one.lines]);
    expect((await runSeed({ seed: 4, minutes: 1 })).digest).not.toBe(one.digest);
  });

  it('counts an uncaught exception as a failure of the seed', async () => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    let isThrown = false;
    const onLine = (): void => {
      if (isThrown) return;
      isThrown = true;
      process.nextTick(() => {
        throw new TypeError('nobody listened');
      });
    };
    const { failure } = await runSeed({ seed: 2, minutes: 3, onLine }).finally(() => {
      for (const other of others) process.on('uncaughtException', other);
    });
    expect(failure?.message).toBe('nobody listened');
    expect(process.listeners('uncaughtException')).toEqual(others);
  });

  it('runs only the actions that are kept', async () => {
    const done: string[] = [];
    const onLine = (line: string): void => void (/^\d+ \[\d+\]/.test(line) && done.push(line));
    const { failure } = await runSeed({ seed: 2, minutes: 3, keep: new Set([3, 7]), onLine });
    expect(failure).toBeUndefined();
    const actions = planActions(planWorld(2), 3);
    expect(done.map((line) => line.slice(line.indexOf('[')))).toEqual(
      [3, 7].map((index) => `[${index}] ${JSON.stringify(actions[index]?.deed)}`),
    );
  });
});

type SendLogged = (packets: readonly EncodedPacket[], previous: string) => void;

/** A server that misbehaves whenever it hands events to a socket for the fifth time. */
function breakDelivery(wrong: (member: Membership, send: () => void, packets: readonly EncodedPacket[]) => void): void {
  const original: SendLogged = Membership.prototype.sendLogged;
  let count = 0;
  vi.spyOn(Membership.prototype, 'sendLogged').mockImplementation(function (this: Membership, packets, previous) {
    const send = (): void => original.call(this, packets, previous);
    if (packets.some(({ unit }) => typeof unit === 'string' && unit.includes('["n"'))) count += 1;
    if (count % 5 === 4) wrong(this, send, packets);
    else send();
  });
}

describe('the checker of the soak', () => {
  const fails = async (minutes = 4, seed = 2): Promise<string> => {
    const { failure } = await runSeed({ seed, minutes });
    return failure?.message ?? 'held';
  };

  it('finds a lost event', async () => {
    breakDelivery(() => undefined);
    expect(await fails()).toMatch(/lost e\d+/);
  });

  it('finds a doubled event', async () => {
    breakDelivery((_socket, send) => {
      send();
      send();
    });
    expect(await fails()).toMatch(/got e\d+ twice/);
  });

  it('finds two events in the wrong order', async () => {
    const kept = new Map<Membership, () => void>();
    breakDelivery((socket, send) => {
      const before = kept.get(socket);
      kept.delete(socket);
      if (before) {
        send();
        before();
      } else {
        kept.set(socket, send);
      }
    });
    expect(await fails()).toMatch(/lost e\d+|got e\d+ \(\d+\) after/);
  });

  it('finds a listener that ran twice', async () => {
    const original = AnswerMemory.prototype.get;
    vi.spyOn(AnswerMemory.prototype, 'get').mockImplementation(function (this: AnswerMemory, id) {
      original.call(this, id);
      return undefined;
    });
    vi.spyOn(AnswerMemory.prototype, 'answer').mockReturnValue(false);
    expect(await fails(6, 3)).toMatch(/ran on server \d+ .* and again/);
  });

  it('finds a present member that is gone', async () => {
    vi.spyOn(SharedPresence.prototype, 'erase').mockReturnValue(undefined);
    expect(await fails()).toMatch(/presence in|sees|everybody has left/);
  });

  it('finds a session that was not recovered', async () => {
    vi.spyOn(SessionSearch.prototype, 'restore').mockReturnValue(undefined);
    expect(await fails()).toMatch(/was not recovered/);
  });

  it('finds a wrong explanation', async () => {
    const original = Journal.prototype.note;
    vi.spyOn(Journal.prototype, 'note').mockImplementation(function (this: Journal, namespace, fact, place) {
      // Nobody remembers that a client came into a room.
      if (fact.type === 'joined') original.call(this, namespace, { ...fact, rooms: [] }, place);
      else if (fact.type !== 'room') original.call(this, namespace, fact, place);
    });
    const { failure } = await runSeed({ seed: 9, minutes: 20, isExplained: true });
    expect(failure?.message).toMatch(/got e\d+ \(\d+\): "n" was sent to/);
  });

  it('finds a gap in the history', async () => {
    const original = History.prototype.read;
    vi.spyOn(History.prototype, 'read').mockImplementation(async function (this: History, room, query) {
      const page = await original.call(this, room, query);
      return { ...page, events: page.events.slice(1) };
    });
    expect(await fails()).toMatch(/history/);
  });

  it('finds remains of an ended server', async () => {
    vi.spyOn(Recovery.prototype, 'close').mockReturnValue(undefined);
    expect(await fails()).toMatch(/left/);
  });
});

describe('shortening a failure', () => {
  const list = Array.from({ length: 100 }, (_, index) => index);

  it('finds the necessary actions, wherever they are', async () => {
    for (const needed of [[42], [0, 99], [3, 50, 51]]) {
      const fails = (keep: readonly number[]) => Promise.resolve(needed.every((each) => keep.includes(each)));
      expect(await shrink(list, { fails, mayGoOn: () => true })).toEqual(needed);
    }
  });

  it('returns the shortest list so far when its time is over', async () => {
    const tries = [1, 2, 3, 4];
    const fails = (keep: readonly number[]) => Promise.resolve(keep.includes(7));
    const shortest = await shrink(list, { fails, mayGoOn: () => tries.pop() !== undefined });
    expect(shortest.length).toBeLessThan(100);
    expect(shortest).toContain(7);
  });

  it('writes lists of actions as it reads them', () => {
    for (const numbers of [[], [3], [3, 9, 12], [0, 1, 2, 5, 6, 9]])
      expect(readList(formatList(numbers))).toEqual(numbers);
    expect(formatList([0, 1, 2, 5, 6, 9])).toBe('0-2,5-6,9');
    expect([readList('x'), readList('1-'), readList('1,,2')]).toEqual([undefined, undefined, undefined]);
  });
});
