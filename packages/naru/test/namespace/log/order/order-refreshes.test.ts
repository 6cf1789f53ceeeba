import { describe, expect, it } from 'vitest';
import { encodeOffset, type Log, ZERO_OFFSET } from '../../../../src/backplane/backplane.js';
import { build, turns } from '../sharing.js';

/** Milliseconds of an answer of the log, and between two calls that ask for what others have appended. */
const ANSWER_MS = 100;
const EVERY_MS = 30;

/** A process whose log takes its time for a page, and how long each call of `refresh` has taken. */
async function buildSlow() {
  const { processes, clock, log, errors } = build(1, true);
  const [one] = processes;
  if (!one) throw new TypeError('one process');
  await turns();
  await clock.settle();
  const wait = (): Promise<void> =>
    new Promise((resolve) => void clock.setTimeout(() => resolve(), ANSWER_MS, undefined));
  const { read, append, extent } = log;
  log.read = async (...args) => wait().then(() => read(...args));
  log.extent = async (...args) => wait().then(() => extent(...args));
  const slow: Pick<Log, 'append'> = { append: async (...args) => wait().then(() => append(...args)) };
  const times: number[] = [];
  const refresh = (): void => {
    const calledAt = clock.now();
    void Promise.resolve(one.log.refresh()).then(() => times.push(clock.now() - calledAt));
  };
  return { one, clock, log, errors, slow, times, refresh };
}

describe('refresh of a log that answers later', () => {
  it('settles after a question that was asked after the call, however often others ask meanwhile', async () => {
    const { clock, times, refresh } = await buildSlow();
    for (let asked = 0; asked < 100; asked += 1) {
      refresh();
      await clock.advance(EVERY_MS);
    }
    expect(times.length).toBeGreaterThan(90);
    expect(Math.max(...times)).toBeLessThanOrEqual(2 * ANSWER_MS);
  });

  it('settles with events that were given to the log after the call, while there is always an event under way', async () => {
    const { one, clock, log, slow, times, refresh } = await buildSlow();
    Object.assign(log, slow);
    for (let asked = 0; asked < 100; asked += 1) {
      one.emit(`${asked}`);
      one.outbox.settle();
      refresh();
      await clock.advance(EVERY_MS);
    }
    expect(one.listener.got.length).toBeGreaterThan(90);
    expect(times.length).toBeGreaterThan(90);
    expect(Math.max(...times)).toBeLessThanOrEqual(2 * ANSWER_MS);
  });

  it('settles after a question that failed, and after the events that the log refused', async () => {
    const { one, clock, log, errors, times, refresh } = await buildSlow();
    const failing = async (): Promise<never> => Promise.reject(new TypeError('no answer'));
    const { extent } = log;
    log.extent = failing;
    refresh();
    await clock.advance(ANSWER_MS);
    expect([times.length, errors.length]).toEqual([1, 1]);
    Object.assign(log, { extent, append: failing });
    refresh();
    one.emit('refused');
    one.outbox.settle();
    await clock.advance(3 * ANSWER_MS);
    expect(times).toHaveLength(2);
  });

  it('settles when the process has stopped hearing the namespace meanwhile', async () => {
    const { one, clock, log, errors, times, refresh } = await buildSlow();
    const { extent } = log;
    log.extent = async (...args) => ({ ...(await extent(...args)), newest: encodeOffset(5) });
    refresh();
    one.rooms.remove(one.listener);
    one.log.close();
    await clock.advance(2 * ANSWER_MS);
    expect([times.length, errors]).toEqual([1, []]);
  });
});

describe('refresh', () => {
  it('settles within the call if the log delivers within it what is missing', () => {
    const { processes } = build(2);
    const [one, two] = processes;
    one?.emit('other');
    one?.outbox.settle();
    expect([two?.log.refresh(), two?.listener.got]).toEqual([undefined, ['other']]);
  });

  it('settles when its place is reached, and not before', async () => {
    const { processes, clock, log, followers } = build(2, true);
    const [one, two] = processes;
    const [, follower] = followers;
    if (!one || !two) throw new TypeError('two processes');
    await turns();
    const { append } = log;
    log.append = () => new Promise(() => undefined);
    two.emit('on its way');
    two.outbox.settle();
    log.append = append;
    const over: number[] = [];
    for (const n of [1, 2]) {
      one.emit(`${n}`);
      await clock.settle();
      await turns();
      void Promise.resolve(two.log.refresh()).then(() => over.push(n));
      await turns();
    }
    const { records } = await log.read('/', ZERO_OFFSET, 10);
    let previous = ZERO_OFFSET;
    const seen: number[][] = [];
    for (const record of records) {
      seen.push([...over]);
      follower?.onBatch({ previous, records: [record] });
      previous = record.offset;
      await turns();
    }
    expect([seen, over, two.listener.got]).toEqual([
      [[], [1]],
      [1, 2],
      ['1', '2'],
    ]);
  });

  it('settles when the log has ended with a page that was asked for since', async () => {
    const { processes, log, errors } = build(1, true);
    const [one] = processes;
    await turns();
    const { extent, read } = log;
    // The home loses its newest records after it has said where the log ends.
    log.extent = async (...args) => ({ ...(await extent(...args)), newest: encodeOffset(3) });
    const answers: (() => void)[] = [];
    log.read = (...args) => new Promise((resolve) => answers.push(() => resolve(read(...args))));
    const over: string[] = [];
    const refresh = (name: string): void => void Promise.resolve(one?.log.refresh()).then(() => over.push(name));
    refresh('first');
    await turns();
    refresh('second');
    await turns();
    const seen: string[][] = [];
    while (answers.length > 0) {
      seen.push([...over]);
      for (const answer of answers.splice(0)) answer();
      await turns();
    }
    expect([seen, over, errors]).toEqual([[[], ['first']], ['first', 'second'], []]);
  });
});

it('reads on if it is told of more while it delivers the end of a page', () => {
  const { processes, log, signal, errors } = build(2);
  const [one, two] = processes;
  if (!one || !two) throw new TypeError('two processes');
  two.listener.onEvent = (name) => {
    if (name !== 'first') return;
    void log.append('/', [{ rooms: [], except: [], event: '["second"]', attachments: [], at: 0 }]);
    signal();
  };
  one.emit('first');
  one.outbox.settle();
  signal();
  expect([two.listener.got, errors]).toEqual([['first', 'second'], []]);
});
