import { expect, it } from 'vitest';
import { encodeOffset, type MaybePromise, type Offset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { Takeovers } from '../../../src/namespace/recovery/takeovers.js';
import { socket } from './built-recovery.js';

const START = { after: ZERO_OFFSET, foreign: undefined, missed: undefined };

type Message = readonly unknown[];

/** Processes with a log whose messages the test passes on. `tell` gives the answer of the log to the offset of a message. */
function build(tell: (offset: Offset) => MaybePromise<Offset | undefined> = (offset) => offset, isRemote = false) {
  const log: Message[] = [];
  const process = (owner: string) => {
    const lost: string[] = [];
    const sessions = new Map<string, KeptSession>();
    const own = {
      home: homeOf({ isRemote }),
      tell: (messages: readonly Message[]) => {
        log.push(...messages);
        return tell(encodeOffset(log.length));
      },
    };
    const takeovers = new Takeovers({
      ...{ owner, log: own, sessions },
      onLost: (session) => {
        lost.push(session.pid);
        session.on('lose');
        sessions.delete(session.pid);
      },
    });
    const begin = (pid: string): KeptSession => {
      const session = new KeptSession(pid, socket(pid), START);
      sessions.set(pid, session);
      return session;
    };
    const take = (pid: string): void => {
      const session = begin(pid);
      session.toldAt = undefined;
      takeovers.take(session);
    };
    return { lost, takeovers, begin, take };
  };
  const [a, b, c] = [process('a'), process('b'), process('c')];
  /** Passes the messages from a place in the log on. */
  const pass = (from: number, ...readers: readonly (typeof a)[]): void => {
    for (const [index, message] of log.slice(from).entries())
      for (const { takeovers } of readers) takeovers.onTold(message, encodeOffset(from + index + 1));
  };
  return { log, a, b, c, pass };
}

it('give a session to the process whose message stands last, whatever the order of their reading', () => {
  const { a, b, c, pass } = build();
  c.begin('p');
  for (const { take, takeovers } of [a, b]) {
    take('p');
    takeovers.tell();
  }
  pass(0, a, b, c);
  expect([a.lost, b.lost, c.lost]).toEqual([['p'], [], ['p']]);
  a.take('p');
  a.takeovers.tell();
  pass(2, a, b);
  expect([a.lost, b.lost]).toEqual([['p'], ['p']]);
});

it('keep a session that a process takes twice until both messages have passed', () => {
  const { a, b, pass } = build();
  a.take('p');
  a.takeovers.tell();
  b.take('p');
  b.takeovers.tell();
  a.take('p');
  a.takeovers.tell();
  pass(0, a, b);
  expect([a.lost, b.lost]).toEqual([[], ['p']]);
});

it('say all sessions of a turn in one message, and nothing where none was taken', () => {
  const { log, a } = build();
  a.takeovers.tell();
  a.take('p');
  a.take('q');
  a.takeovers.tell();
  a.takeovers.tell();
  a.takeovers.onTold(['other', 'b', 'p'], encodeOffset(2));
  expect([log, a.lost]).toEqual([[['taken', 'a', 'p', 'q']], []]);
});

it('lose a session whose message could not be stored', async () => {
  const { a } = build(async () => undefined);
  a.take('p');
  a.take('q');
  a.takeovers.tell();
  a.takeovers.onTold(['taken', 'b', 'p'], encodeOffset(2));
  expect(a.lost).toEqual([]);
  await Promise.resolve();
  a.takeovers.onTold(['taken', 'b', 'q'], encodeOffset(2));
  expect(a.lost).toEqual(['p', 'q']);
});

it('lose a session to a later message, although the process has never read its own', () => {
  const { a, b, pass } = build();
  for (const { take, takeovers } of [a, b, a, b]) {
    take('p');
    takeovers.tell();
  }
  // The process heard nothing for a while.
  pass(3, a);
  expect(a.lost).toEqual(['p']);
});

it('lose a session to a message that is read before the place of the own one is known', async () => {
  const answers: ((offset: Offset) => void)[] = [];
  const { a } = build(() => new Promise((resolve) => answers.push(resolve)));
  for (const pid of ['p', 'q']) {
    a.take(pid);
    a.takeovers.tell();
  }
  a.takeovers.onTold(['taken', 'b', 'p', 'q'], encodeOffset(5));
  expect(a.lost).toEqual([]);
  for (const [at, answer] of answers.entries()) answer(encodeOffset(4 + 2 * at));
  await Promise.resolve();
  expect(a.lost).toEqual(['p']);
});

it('say how often they took each session of a remote home, and lose those that were taken more often', () => {
  const { log, a } = build(undefined, true);
  a.take('p');
  a.takeovers.tell();
  expect(log).toEqual([['took', 'a', 'p', 0]]);
  for (const [takes, lost] of [
    [0, []],
    [1, ['p']],
  ] as const) {
    a.takeovers.onTold(['took', 'b', 'p', takes], encodeOffset(2));
    expect(a.lost).toEqual(lost);
  }
});
