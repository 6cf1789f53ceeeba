import { expect, it } from 'vitest';
import { encodeOffset, type MaybePromise, type Offset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { Takeovers } from '../../../src/namespace/recovery/takeovers.js';

type Message = readonly unknown[];

/** Processes with a log whose messages the test passes on. `tell` gives the answer of the log to the offset of a message. */
function build(tell: (offset: Offset) => MaybePromise<Offset | undefined> = (offset) => offset) {
  const log: Message[] = [];
  const process = (owner: string) => {
    const lost: string[] = [];
    const own = {
      offset: ZERO_OFFSET,
      home: homeOf({ isRemote: false }),
      tell: (messages: readonly Message[]) => {
        log.push(...messages);
        return tell(encodeOffset(log.length));
      },
    };
    return { lost, own, takeovers: new Takeovers(owner, own, (pid) => lost.push(pid)) };
  };
  const [a, b, c] = [process('a'), process('b'), process('c')];
  /** Passes the messages from a place in the log on. */
  const pass = (from: number, ...readers: readonly (typeof a)[]): void => {
    for (const [index, message] of log.slice(from).entries())
      for (const { takeovers, own } of readers) {
        takeovers.onTold(message, encodeOffset(from + index + 1));
        own.offset = encodeOffset(from + index + 1);
      }
  };
  return { log, a, b, c, pass };
}

it('give a session to the process whose message stands last, whatever the order of their reading', () => {
  const { a, b, c, pass } = build();
  for (const { takeovers } of [a, b]) {
    takeovers.take('p', 1);
    takeovers.tell();
  }
  pass(0, a, b, c);
  expect([a.lost, b.lost, c.lost]).toEqual([['p'], [], ['p', 'p']]);
  a.takeovers.take('p', 1);
  a.takeovers.tell();
  pass(2, a, b);
  expect([a.lost, b.lost]).toEqual([['p'], ['p']]);
});

it('keep a session that a process takes twice until both messages have passed', () => {
  const { a, b, pass } = build();
  a.takeovers.take('p', 1);
  a.takeovers.tell();
  b.takeovers.take('p', 1);
  b.takeovers.tell();
  a.takeovers.take('p', 1);
  a.takeovers.tell();
  pass(0, a, b);
  expect([a.lost, b.lost]).toEqual([[], ['p']]);
});

it('say all sessions of a turn in one message, and nothing where none was taken', () => {
  const { log, a } = build();
  a.takeovers.tell();
  a.takeovers.take('p', 1);
  a.takeovers.take('q', 1);
  a.takeovers.tell();
  a.takeovers.tell();
  a.takeovers.onTold(['other', 'b', 'p'], encodeOffset(2));
  expect([log, a.lost]).toEqual([[['taken', 'a', 'p', 'q']], []]);
});

it('lose a session whose message could not be stored', async () => {
  const { a } = build(async () => undefined);
  a.takeovers.take('p', 1);
  a.takeovers.tell();
  await Promise.resolve();
  a.takeovers.onTold(['taken', 'b', 'p'], encodeOffset(2));
  expect(a.lost).toEqual(['p']);
});

it('lose a session to a later message, although the process has never read its own', () => {
  const { a, b, pass } = build();
  for (const { takeovers } of [a, b, a, b]) {
    takeovers.take('p', 1);
    takeovers.tell();
  }
  // The process heard nothing for a while.
  a.own.offset = encodeOffset(2);
  pass(3, a);
  expect(a.lost).toEqual(['p']);
});

it('lose a session to a message that is read before the place of the own one is known', async () => {
  const answers: ((offset: Offset) => void)[] = [];
  const { a } = build(() => new Promise((resolve) => answers.push(resolve)));
  for (const pid of ['p', 'q']) {
    a.takeovers.take(pid, 1);
    a.takeovers.tell();
  }
  a.takeovers.onTold(['taken', 'b', 'p', 'q'], encodeOffset(5));
  expect(a.lost).toEqual([]);
  for (const [at, answer] of answers.entries()) answer(encodeOffset(4 + 2 * at));
  await Promise.resolve();
  expect(a.lost).toEqual(['p']);
});
