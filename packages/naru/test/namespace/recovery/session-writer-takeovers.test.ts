import { expect, it } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../testing/src/index.js';
import { encodeOffset, type Offset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { SessionWriter } from '../../../src/namespace/recovery/session-writer.js';
import { socket } from './built-recovery.js';

const START = { after: ZERO_OFFSET };

type Message = readonly unknown[];

/**
 * Processes with a log whose messages the test passes on. `tell` gives the answer of the log to the offset of a
 * message.
 */
function build(tell: (offset: Offset) => Offset | undefined = (offset) => offset, isRemote = false) {
  const log: Message[] = [];
  const process = (owner: string) => {
    const lost: string[] = [];
    const sessions = new Map<string, KeptSession>();
    const clock = new FakeClock();
    const own = {
      clock,
      home: homeOf({ isRemote }),
      tell: (message: Message) => {
        log.push(message);
        return tell(encodeOffset(log.length));
      },
    };
    const writer = new SessionWriter({
      ...{ name: '/', owner, log: own as unknown as NamespaceLog, sessions, keptMs: 1_000 },
      store: Object.assign(new MemoryStore(clock), { isDurable: true }),
      ...{ random: new SeededRandom(1), outbox: { atEnd: () => undefined } },
      onLost: (session) => {
        lost.push(session.pid);
        session.on('lose');
        sessions.delete(session.pid);
      },
      onPutOut: () => undefined,
    });
    const begin = (pid: string): KeptSession => {
      const session = new KeptSession(pid, socket(pid), START);
      sessions.set(pid, session);
      return session;
    };
    const take = (pid: string): void => {
      const session = begin(pid);
      session.toldAt = undefined;
      writer.change(session);
      writer.writeChanged();
    };
    return { lost, writer, begin, take };
  };
  const [a, b, c] = [process('a'), process('b'), process('c')];
  /** Passes the messages from a place in the log on. */
  const pass = (from: number, ...readers: readonly (typeof a)[]): void => {
    for (const [index, message] of log.slice(from).entries())
      for (const { writer } of readers) writer.onTold(message, encodeOffset(from + index + 1));
  };
  return { log, a, b, c, pass };
}

it('give a session to the process whose message stands last, whatever the order of their reading', () => {
  const { a, b, c, pass } = build();
  c.begin('p');
  for (const { take, writer } of [a, b]) {
    take('p');
    writer.tell();
  }
  pass(0, a, b, c);
  expect([a.lost, b.lost, c.lost]).toEqual([['p'], [], ['p']]);
  a.take('p');
  a.writer.tell();
  pass(2, a, b);
  expect([a.lost, b.lost]).toEqual([['p'], ['p']]);
});

it('keep a session that a process takes twice until both messages have passed', () => {
  const { a, b, pass } = build();
  a.take('p');
  a.writer.tell();
  b.take('p');
  b.writer.tell();
  a.take('p');
  a.writer.tell();
  pass(0, a, b);
  expect([a.lost, b.lost]).toEqual([[], ['p']]);
});

it('say all sessions of a turn in one message, and nothing where none was taken', () => {
  const { log, a } = build();
  a.writer.tell();
  a.take('p');
  a.take('q');
  a.writer.tell();
  a.writer.tell();
  a.writer.onTold(['other', 'b', 'p'], encodeOffset(2));
  expect([log, a.lost]).toEqual([[['taken', 'a', 'p', 'q']], []]);
});

it('lose a session whose message could not be stored to any other', () => {
  const { a } = build(() => undefined);
  a.take('p');
  a.writer.onTold(['taken', 'b', 'p'], encodeOffset(1));
  a.writer.tell();
  expect(a.lost).toEqual([]);
  a.writer.onTold(['taken', 'b', 'p'], encodeOffset(1));
  expect(a.lost).toEqual(['p']);
});

it('lose a session to a later message, although the process has never read its own', () => {
  const { a, b, pass } = build();
  for (const { take, writer } of [a, b, a, b]) {
    take('p');
    writer.tell();
  }
  // The process heard nothing for a while.
  pass(3, a);
  expect(a.lost).toEqual(['p']);
});

it('say how often they took each session of a remote home, and lose those that were taken more often', () => {
  const { log, a } = build(undefined, true);
  a.take('p');
  a.writer.tell();
  expect(log).toEqual([['took', 'a', 'p', 0]]);
  for (const [takes, lost] of [
    [0, []],
    [1, ['p']],
  ] as const) {
    a.writer.onTold(['took', 'b', 'p', takes], encodeOffset(2));
    expect(a.lost).toEqual(lost);
  }
});
