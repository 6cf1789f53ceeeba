import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { SessionTexts } from '../../../src/namespace/recovery/session-texts.js';
import { FakeClock, SeededRandom } from '../../../src/testing/index.js';
import { socket } from './built-recovery.js';

const KEY = 'session / pid';
const OTHERS = JSON.stringify({ id: 'a', startedAfter: encodeOffset(1), rooms: ['a'], owner: 'other' });

/** The texts of one process, with a session that it has written. */
async function build() {
  const clock = new FakeClock();
  const memory = new MemoryStore(clock);
  const store = Object.assign(memory, { isDurable: true });
  const lost: string[] = [];
  const stored: string[] = [];
  const log = { home: homeOf({ isRemote: true }), beginning: undefined, offset: encodeOffset(1) };
  const texts = new SessionTexts({
    ...{ name: '/', log, store, clock, owner: 'me', keptMs: 1_000 },
    onLost: ({ pid }) => lost.push(pid),
    onStored: ({ pid }) => stored.push(pid),
    onError: (error) => {
      throw error;
    },
  });
  const session = new KeptSession('pid', socket('a'), encodeOffset(1), undefined);
  texts.write(session);
  const owner = (): unknown => JSON.parse(store.get(KEY) ?? '{}').owner;
  return { clock, log, store, texts, session, lost, owner, stored };
}

/** A session, and the answers that the store has not given yet. */
function walk() {
  const memory = Object.assign(new MemoryStore(new FakeClock()), { isDurable: true });
  const answers: ((error?: Error) => void)[] = [];
  const later = <T>(carryOut: () => T): Promise<T> =>
    new Promise((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve(carryOut()))));
  const store = {
    isDurable: true,
    get: (key: string) => memory.get(key),
    delete: (key: string) => memory.delete(key),
    table: (name: string) => memory.table(name),
    set: (...args: Parameters<typeof memory.set>) => later(() => memory.set(...args)),
    swap: (...args: Parameters<typeof memory.swap>) => later(() => memory.swap(...args)),
  };
  const session = new KeptSession('pid', socket('a'), encodeOffset(1), undefined);
  const texts = new SessionTexts({
    ...{
      name: '/',
      log: { home: homeOf({ isRemote: true }), beginning: undefined, offset: encodeOffset(1) },
      store,
      clock: new FakeClock(),
    },
    ...{ owner: 'me', keptMs: 1_000, onStored: () => undefined, onError: () => undefined },
    onLost: (lost) => lost.become('lose'),
  });
  const states: string[] = [];
  const note = (): unknown => states.push(session.state);
  return {
    ...{ memory, session, texts, states },
    change(room: string): void {
      session.live = socket('a', [room]);
      session.become('change');
      note();
    },
    write(): void {
      texts.write(session);
      note();
    },
    async answer(error?: Error): Promise<void> {
      answers.shift()?.(error);
      await new Promise(setImmediate);
      note();
    },
  };
}

it('SessionTexts take a session through its states', async () => {
  const { memory, session, texts, states, change, write, answer } = walk();
  change('r');
  write();
  change('s');
  write();
  await answer();
  await answer();
  change('s');
  write();
  expect(states.splice(0)).toEqual(['dirty', 'writing', 'dirty', 'writing', 'writing', 'written', 'dirty', 'written']);
  change('t');
  write();
  await answer(new Error('no space'));
  change('t');
  expect(texts.takeRefused()).toEqual([session]);
  write();
  memory.delete(KEY);
  await answer();
  await answer();
  expect(states.splice(0)).toEqual(['dirty', 'writing', 'refused', 'refused', 'writing', 'writing', 'written']);
  memory.set(KEY, OTHERS);
  change('u');
  write();
  const isOurs = texts.whenWritten(session);
  await answer();
  expect([states, await isOurs]).toEqual([['dirty', 'writing', 'taken'], false]);
});

describe('SessionTexts of a remote home', () => {
  it('names the place of the rooms that it writes, and does not write the same rooms again at a later place', async () => {
    const { log, store, texts, session } = await build();
    const roomsAt = (): unknown => JSON.parse(store.get(KEY) ?? '{}').roomsAt;
    log.offset = encodeOffset(2);
    texts.write(session);
    expect(roomsAt()).toBe(encodeOffset(1));
    session.live = socket('a', ['r']);
    texts.write(session);
    expect(roomsAt()).toBe(encodeOffset(2));
  });

  it('leaves a session of a lost connection to the process that has taken it', async () => {
    const { store, texts, session, lost, owner } = await build();
    store.set(KEY, OTHERS);
    session.live = undefined;
    texts.write(session);
    expect([owner(), lost]).toEqual(['other', ['pid']]);
  });

  it('leaves a connected session to a process that took it at the same moment and wrote it first', async () => {
    const { store, texts, session, lost, owner, stored } = await build();
    store.set(KEY, OTHERS);
    session.live = socket('a', ['r']);
    texts.write(session);
    expect([owner(), lost, stored]).toEqual(['other', ['pid'], ['pid']]);
  });

  it('replaces what the process wrote from which it took the session', async () => {
    const { store, texts, session, lost, owner, stored } = await build();
    store.set(KEY, OTHERS);
    session.takes = 1;
    session.live = socket('a', ['r']);
    texts.write(session);
    expect([owner(), lost, stored]).toEqual(['me', [], ['pid', 'pid']]);
  });

  it('writes a session again that has expired', async () => {
    const { clock, texts, session, owner } = await build();
    await clock.advance(10_000);
    expect(owner()).toBeUndefined();
    session.live = socket('a', ['r']);
    texts.write(session);
    expect(owner()).toBe('me');
  });

  it('deletes no session that another process has taken', async () => {
    const { store, texts, session, owner } = await build();
    store.set(KEY, OTHERS);
    texts.forget('pid', session.stored);
    expect(owner()).toBe('other');
  });

  it('deletes a session of its own, and one that was announced and has not begun', async () => {
    const { store, texts, session, owner } = await build();
    texts.forget('pid', session.stored);
    expect(owner()).toBeUndefined();
    await texts.announce(new SeededRandom(1), 'b');
    const { pid = '', text } = texts.takeAnnounced('b') ?? {};
    expect(store.get(`session / ${pid}`)).toContain('"id":"b"');
    texts.forget(pid, text);
    expect(store.get(`session / ${pid}`)).toBeUndefined();
  });
});
