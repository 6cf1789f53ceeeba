import { expect, it } from 'vitest';
import type { MaybePromise } from '../../../src/backplane/backplane.js';
import { Takeovers } from '../../../src/namespace/recovery/takeovers.js';

type Message = readonly unknown[];

/** Processes with a log whose messages the test passes on. */
function build(tell: (messages: readonly Message[]) => MaybePromise<boolean> = () => true) {
  const log: Message[] = [];
  const process = (owner: string) => {
    const lost: string[] = [];
    const own = {
      tell: (messages: readonly Message[]) => {
        log.push(...messages);
        return tell(messages);
      },
    };
    return { lost, takeovers: new Takeovers(owner, own, (pid) => lost.push(pid)) };
  };
  return { log, a: process('a'), b: process('b'), c: process('c') };
}

it('give a session to the process whose message stands last, whatever the order of their reading', () => {
  const { log, a, b, c } = build();
  for (const { takeovers } of [a, b]) {
    takeovers.take('p');
    takeovers.tell();
  }
  for (const message of log) for (const { takeovers } of [a, b, c]) takeovers.onTold(message);
  expect([a.lost, b.lost, c.lost]).toEqual([['p'], [], ['p', 'p']]);
  a.takeovers.take('p');
  a.takeovers.tell();
  for (const message of log.slice(2)) for (const { takeovers } of [a, b]) takeovers.onTold(message);
  expect([a.lost, b.lost]).toEqual([['p'], ['p']]);
});

it('keep a session that a process takes twice until both messages have passed', () => {
  const { log, a, b } = build();
  a.takeovers.take('p');
  a.takeovers.tell();
  b.takeovers.take('p');
  b.takeovers.tell();
  a.takeovers.take('p');
  a.takeovers.tell();
  for (const message of log) for (const { takeovers } of [a, b]) takeovers.onTold(message);
  expect([a.lost, b.lost]).toEqual([[], ['p']]);
});

it('say all sessions of a turn in one message, and nothing where none was taken', () => {
  const { log, a } = build();
  a.takeovers.tell();
  a.takeovers.take('p');
  a.takeovers.take('q');
  a.takeovers.tell();
  a.takeovers.tell();
  a.takeovers.onTold(['other', 'b', 'p']);
  expect([log, a.lost]).toEqual([[['taken', 'a', 'p', 'q']], []]);
});

it.each([false, Promise.resolve(false)])(
  'do not wait for a message that the process will not read',
  async (isToCome) => {
    const { a } = build(() => isToCome);
    a.takeovers.take('p');
    a.takeovers.tell();
    await isToCome;
    await Promise.resolve();
    a.takeovers.onTold(['taken', 'b', 'p']);
    expect(a.lost).toEqual(['p']);
  },
);
