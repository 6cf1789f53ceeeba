import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../testing/src/index.js';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { carryOut } from '../../../src/base/steps/answer.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { SESSION, type SessionState } from '../../../src/namespace/recovery/session-table.js';
import { RECOVERED_WAIT_MS, SessionWriter } from '../../../src/namespace/recovery/session-writer.js';
import { Outbox } from '../../../src/session/outbox.js';
import { build as buildRecovery, socket } from './built-recovery.js';

const KEY = 'session / pid';
const OTHERS = JSON.stringify({ id: 'a', startedAfter: encodeOffset(1), rooms: ['a'], owner: 'other' });

const START = { after: encodeOffset(1) };

afterEach(() => vi.restoreAllMocks());

/** The writer of one process with a session. The store answers at once, or when the test says so. */
function build({ isLate = false, isRemote = true } = {}) {
  const clock = new FakeClock();
  const memory = Object.assign(new MemoryStore(clock), { isDurable: true });
  const answers: ((error?: Error) => void)[] = [];
  const answer = <T>(carryOut: () => T): T | Promise<T> =>
    isLate
      ? new Promise((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve(carryOut()))))
      : carryOut();
  const store = {
    isDurable: true,
    get: (key: string) => memory.get(key),
    delete: (key: string) => memory.delete(key),
    table: (name: string) => memory.table(name),
    set: vi.fn((...args: Parameters<typeof memory.set>) => answer(() => memory.set(...args))),
    swap: vi.fn((...args: Parameters<typeof memory.swap>) => answer(() => memory.swap(...args))),
  };
  const { log } = buildRecovery({}, undefined, clock, 1, () => undefined);
  log.skip(encodeOffset(1), true);
  Object.defineProperty(log, 'home', { value: homeOf({ isRemote }) });
  const [lost, told]: [string[], (readonly unknown[])[]] = [[], []];
  const sessions = new Map<string, KeptSession>();
  const context = {
    ...{ name: '/', log, store, sessions, owner: 'me', keptMs: 1_000 },
    ...{ outbox: isLate ? { atEnd: () => undefined } : new Outbox(clock), random: new SeededRandom(1) },
    onLost: (session: KeptSession) => {
      lost.push(session.pid);
      session.on('lose');
    },
    onPutOut: () => undefined,
  };
  vi.spyOn(log, 'tell').mockImplementation((message) => void told.push(message));
  const writer = new SessionWriter(context);
  const begin = (pid: string, takes?: number): KeptSession => {
    const session = new KeptSession(pid, socket('a'), { ...START, takes });
    sessions.set(pid, session);
    return session;
  };
  const owner = (): unknown => JSON.parse(memory.get(KEY) ?? '{}').owner;
  const session = begin('pid');
  return { ...{ clock, log, store: memory, requests: store, writer, answers }, session, begin, lost, owner, told };
}

/** The same with a session that the store has. */
function written() {
  const test = build();
  test.writer.write(test.session);
  return test;
}

type Step = 'write' | 'write the same' | 'renew' | 'keep' | 'refuse' | 'expire';

/**
 * The course of a session whose store answers later: each step, and then the state and the number of texts on their
 * way.
 */
const COURSE: readonly (readonly [step: Step, state: SessionState, open: number])[] = [
  ['renew', 'unwritten', 0],
  // The newest text is sent before the store has answered to the one before it.
  ['write', 'sent', 1],
  ['write', 'sent', 2],
  ['keep', 'sent', 1],
  ['keep', 'sent', 0],
  ['write the same', 'sent', 0],
  ['renew', 'unwritten', 0],
  ['write the same', 'sent', 1],
  ['keep', 'sent', 0],
  ['write', 'sent', 1],
  ['refuse', 'unwritten', 0],
  ['renew', 'unwritten', 0],
  // The store has the text before the refused ones, and the next one replaces that.
  ['write', 'sent', 1],
  ['write', 'sent', 2],
  ['refuse', 'sent', 1],
  ['refuse', 'unwritten', 0],
  ['write', 'sent', 1],
  ['keep', 'sent', 0],
  ['write', 'sent', 1],
  ['expire', 'sent', 1],
  ['keep', 'sent', 0],
  ['write', 'sent', 1],
  ['renew', 'unwritten', 1],
  ['refuse', 'unwritten', 0],
  ['write', 'sent', 1],
  ['renew', 'unwritten', 1],
  ['expire', 'sent', 1],
  ['keep', 'sent', 0],
];

it('walks each transition of a session', async () => {
  const { store, session, writer, answers } = build({ isLate: true });
  const walked = new Set<string>();
  const { on } = KeptSession.prototype;
  vi.spyOn(KeptSession.prototype, 'on').mockImplementation(function (this: KeptSession, event) {
    walked.add(`${this.state}: ${event}`);
    on.call(this, event);
  });
  let rooms = 0;
  const steps: Record<Step, () => unknown> = {
    write: () => {
      session.source = session.live = socket('a', [`r${rooms++}`]);
      writer.write(session);
    },
    'write the same': () => writer.write(session),
    renew: () => session.on('doubt'),
    keep: () => answers.shift()?.(),
    refuse: () => answers.shift()?.(new Error('no space')),
    expire: () => {
      store.delete(KEY);
      answers.shift()?.();
    },
  };
  for (const [at, [step, state, open]] of COURSE.entries()) {
    steps[step]();
    await new Promise(setImmediate);
    expect([at, step, session.state, answers.length]).toEqual([at, step, state, open]);
  }
  for (const end of ['lose', 'end'] as const)
    for (const events of [[], ['send']] as const) {
      const ending = new KeptSession('pid', socket('a'), START);
      for (const event of [...events, end]) ending.on(event);
    }
  const all = (Object.keys(SESSION) as SessionState[]).flatMap((state) =>
    Object.keys(SESSION[state]).map((event) => `${state}: ${event}`),
  );
  expect([...walked].sort()).toEqual(all.sort());
});

it('answers with whether a session is still its own when the store has the text', async () => {
  const { store, session, writer, answers } = build({ isLate: true });
  const isOurs = carryOut(writer.whenWritten(session));
  answers.shift()?.();
  expect(await isOurs).toBe(true);
  expect(carryOut(writer.whenWritten(session))).toBe(true);
  store.set(KEY, OTHERS);
  session.source = session.live = socket('a', ['r']);
  const isStillOurs = carryOut(writer.whenWritten(session));
  answers.shift()?.();
  expect([await isStillOurs, session.state]).toEqual([false, 'taken']);
});

it('says that the rooms of a lost connection reflect no later record', () => {
  const { log, session, writer, store } = build();
  Object.assign(session, { live: undefined, rooms: new Set(['a']), endedAt: encodeOffset(1) });
  log.skip(encodeOffset(5), true);
  writer.write(session);
  expect(JSON.parse(store.get(KEY) ?? '{}')).toMatchObject({ endedAt: encodeOffset(1), roomsAt: encodeOffset(1) });
});

describe('SessionWriter', () => {
  it('writes sessions once at the end of the turn', async () => {
    const { clock, requests, writer, begin } = build();
    const [one, other] = [begin('a'), begin('b')];
    for (const each of [one, other, one]) writer.change(each);
    expect(requests.set).not.toHaveBeenCalled();
    await clock.settle();
    expect(requests.set.mock.calls.map(([key]) => key)).toEqual(['session / a', 'session / b']);
  });

  it('writes the sessions of many turns together, if the store has writer that serve until then', async () => {
    const { clock, requests, writer, begin } = build({ isRemote: false });
    for (const pid of ['a', 'b', 'c']) {
      writer.change(begin(pid), true);
      await clock.advance(1);
    }
    await clock.advance(RECOVERED_WAIT_MS - 4);
    expect(requests.set).not.toHaveBeenCalled();
    await clock.advance(1);
    expect([requests.set.mock.calls.length, clock.timerCount]).toEqual([3, 0]);
  });

  it('writes those that may wait with those that may not', async () => {
    const { clock, requests, writer, begin } = build({ isRemote: false });
    writer.change(begin('a'), true);
    writer.change(begin('b'));
    await clock.settle();
    expect(requests.set).toHaveBeenCalledTimes(2);
    writer.close();
  });

  it('writes nothing that was dropped, and nothing after the end', async () => {
    const { clock, requests, writer, session } = build({ isRemote: false });
    writer.change(session, true);
    session.on('end');
    writer.close();
    await clock.advance(RECOVERED_WAIT_MS);
    expect([requests.set.mock.calls.length, clock.timerCount]).toEqual([0, 0]);
  });
});

describe('SessionWriter of a home on this machine', () => {
  /** The connection of a session is lost that the store has. */
  function lose(text: string | undefined) {
    const test = build({ isRemote: false });
    const { store, writer, session } = test;
    writer.write(session);
    if (text === undefined) store.delete(KEY);
    else store.set(KEY, text);
    Object.assign(session, { live: undefined, source: { rooms: new Set(['left']) }, endedAt: encodeOffset(1) });
    writer.write(session);
    return test;
  }

  it('does not write a session that another process has taken while this one stood still', () => {
    const { lost, owner, session } = lose(OTHERS.replace('{', '{"takes":1,'));
    expect([owner(), lost, session.state]).toEqual(['other', ['pid'], 'taken']);
  });

  it('writes a session that has expired, or that it took after the one that the store has', () => {
    const { lost, owner } = lose(undefined);
    expect([owner(), lost]).toEqual(['me', []]);
    const { store, writer, begin, owner: newest, lost: none } = build({ isRemote: false });
    store.set(KEY, OTHERS);
    const session = begin('pid', 1);
    Object.assign(session, { live: undefined, source: { rooms: new Set(['left']) }, endedAt: encodeOffset(1) });
    writer.write(session);
    expect([newest(), none]).toEqual(['me', []]);
  });
});

const STATE = { ...START, pid: 'pid', id: 'a', rooms: ['a'], data: {}, isElsewhere: true, ask: 1, takes: 1 };

describe('SessionWriter of a session that it takes', () => {
  it('does not write it again as long as nothing changes', () => {
    const { store, requests, writer } = build();
    store.set(KEY, OTHERS);
    const live = socket('a');
    const stored = carryOut(writer.claim(OTHERS, { ...STATE, data: live.data, roomsAt: START.after })) as string;
    const session = new KeptSession('pid', live, { ...STATE, stored, writtenAt: START.after });
    writer.write(session);
    expect([requests.swap.mock.calls.length, store.get(KEY)]).toEqual([1, stored]);
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect([requests.swap.mock.calls.length, JSON.parse(store.get(KEY) ?? '').rooms]).toEqual([2, ['a', 'r']]);
  });
});

describe('SessionWriter of a home that takes no texts', () => {
  it('leaves a session to the process that has it', () => {
    const { requests, writer } = build({ isRemote: true });
    requests.swap.mockImplementation(() => {
      throw new RangeError('no space');
    });
    expect(() => carryOut(writer.claim(OTHERS, STATE))).toThrow('no space');
  });
});

describe('SessionWriter of a remote home', () => {
  it('names the place of the rooms that it writes, and does not write the same rooms again at a later place', () => {
    const { log, store, writer, session } = written();
    const roomsAt = (): unknown => JSON.parse(store.get(KEY) ?? '{}').roomsAt;
    log.skip(encodeOffset(2), true);
    writer.write(session);
    expect(roomsAt()).toBe(encodeOffset(1));
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect(roomsAt()).toBe(encodeOffset(2));
  });

  it('leaves a session of a lost connection to the process that has taken it', () => {
    const { store, writer, session, lost, owner } = written();
    store.set(KEY, OTHERS);
    session.live = undefined;
    session.source = { rooms: new Set() };
    writer.write(session);
    expect([owner(), lost]).toEqual(['other', ['pid']]);
  });

  it('leaves a connected session to a process that took it at the same moment and wrote it first', () => {
    const { store, writer, session, lost, owner } = written();
    store.set(KEY, OTHERS);
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect([owner(), lost]).toEqual(['other', ['pid']]);
  });

  it.each([
    ['lets go of a session that its former process has changed since this one found it', false, ['other', ['pid']]],
    ['replaces a text of the former process after the home has lost the newer ones', true, ['me', []]],
  ])('%s', (_what, isTaken, expected) => {
    const { store, writer, begin, lost, owner, session: known } = written();
    store.set(KEY, OTHERS);
    const session = begin('pid', 1);
    Object.assign(session, { stored: known.stored, isTaken });
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect([owner(), lost]).toEqual(expected);
  });

  it('writes a session again that has expired', async () => {
    const { clock, writer, session, owner } = written();
    await clock.advance(10_000);
    expect(owner()).toBeUndefined();
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect(owner()).toBe('me');
  });

  it('deletes no session that another process has taken', () => {
    const { store, writer, session, owner } = written();
    store.set(KEY, OTHERS);
    writer.forget('pid', session.stored);
    expect(owner()).toBe('other');
  });

  it('deletes a session whose newest text the store has refused', () => {
    const { store, requests, writer, session, owner } = written();
    requests.swap.mockImplementationOnce(() => {
      throw new Error('no space');
    });
    session.source = session.live = socket('a', ['r']);
    writer.write(session);
    expect([session.state, owner()]).toEqual(['unwritten', 'me']);
    writer.forget('pid', session.stored);
    expect(store.get(KEY)).toBeUndefined();
  });

  it('deletes a session of its own', () => {
    const { writer, session, owner } = written();
    writer.forget('pid', session.stored);
    expect(owner()).toBeUndefined();
  });
});
