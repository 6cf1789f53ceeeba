import { expect, it } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../testing/src/index.js';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { SessionWriter } from '../../../src/namespace/recovery/session-writer.js';
import { now, socket } from './built-recovery.js';

type Message = readonly unknown[];

/** Two processes with one store, whose messages the test passes on. */
function build() {
  const clock = new FakeClock();
  const store = Object.assign(new MemoryStore(clock), { isDurable: true });
  const log: Message[] = [];
  const process = (owner: string) => {
    const lost: string[] = [];
    const sessions = new Map<string, KeptSession>();
    const own = { clock, offset: encodeOffset(1), home: homeOf({ isRemote: false }) };
    const tell = (message: Message): void => void log.push(message);
    const writer = new SessionWriter({
      ...{ name: '/', owner, log: { ...own, tell } as unknown as NamespaceLog, sessions, keptMs: 1_000, store },
      ...{ random: new SeededRandom(1), outbox: { atEnd: () => undefined } },
      onLost: (session) => {
        lost.push(session.pid);
        session.on('lose');
        sessions.delete(session.pid);
      },
      onPutOut: () => undefined,
    });
    const take = (pid: string, takes: number): KeptSession => {
      const stored = now(writer.get(pid));
      const session = new KeptSession(pid, socket(pid), {
        ...{ after: encodeOffset(1), isElsewhere: true, takes, stored },
      });
      sessions.set(pid, session);
      writer.write(session);
      return session;
    };
    return { lost, writer, take };
  };
  return { log, a: process('a'), b: process('b') };
}

it('say all sessions of a turn in one message, and nothing where none was taken', () => {
  const { log, a } = build();
  a.writer.tell();
  a.take('p', 1);
  a.take('q', 2);
  a.writer.tell();
  a.writer.tell();
  a.writer.onTold(['other', 'b', 'p', 7]);
  a.writer.onTold(['took', 'a', 'p', 7]);
  expect([log, a.lost]).toEqual([[['took', 'a', 'p', 1, 'q', 2]], []]);
});

it('lose the sessions that were taken more often, whenever the message comes', () => {
  const { a } = build();
  a.take('p', 1);
  for (const [takes, lost] of [
    [0, []],
    [1, []],
    [2, ['p']],
  ] as const) {
    a.writer.onTold(['took', 'b', 'p', takes]);
    expect(a.lost).toEqual(lost);
  }
});

it('lose a session with the next text, if the message has not come', () => {
  const { a, b } = build();
  const session = a.take('p', 1);
  b.take('p', 2);
  session.source = session.live = socket('p', ['r']);
  a.writer.write(session);
  expect([a.lost, b.lost, JSON.parse(now(b.writer.get('p')) ?? '').owner]).toEqual([['p'], [], 'b']);
});
