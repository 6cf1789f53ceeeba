import { expect, it } from 'vitest';
import type { Log } from '../../../src/backplane/backplane.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { LoggedEvents } from '../../../src/namespace/log/logged-events.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { type LoggedEvent, toldEvent } from '../../../src/namespace/log/records.js';
import type { EncodedPacket } from '../../../src/transport/encoded-packet.js';

it('commits the events of a turn together, in their order', () => {
  const committed: (readonly LoggedEvent[])[] = [];
  const [one, two] = [toldEvent(['one']), toldEvent(['two'])];
  const waiting = new LoggedEvents({ home: homeOf({}) } as NamespaceLog, one, (events) => committed.push(events));
  expect(waiting.add(two)).toBe(true);
  expect(committed).toEqual([]);
  waiting.settle();
  expect(committed).toEqual([[one, two]]);
});

const eventOf = (size: number): LoggedEvent => ({ ...toldEvent(['x']), packets: [{ size } as EncodedPacket] });

it('counts the names of an event, which a log on another machine keeps with it', () => {
  const except = new Set([`a room ${'with a long name'.repeat(10_000)}`]);
  for (const target of [
    {
      rooms: new Set(Array.from({ length: 10_000 }, (_, n) => `room number ${n}`)),
      except: new Set<string>(),
      flags: {},
    },
    { rooms: new Set<string>(), except, flags: {} },
  ]) {
    const waiting = new LoggedEvents({ home: homeOf({ isRemote: true }) } as NamespaceLog, eventOf(1), () => undefined);
    expect(waiting.add({ ...eventOf(1), target })).toBe(false);
    const alone = new LoggedEvents(
      { home: homeOf({ isRemote: true }) } as NamespaceLog,
      { ...eventOf(1), target },
      () => undefined,
    );
    expect(alone.add(eventOf(1))).toBe(false);
  }
});

it('leaves an event to the next batch if a log on another machine would not keep them together', () => {
  const countOf = (log: Pick<Log, 'isRemote'>, size: number): number => {
    const waiting = new LoggedEvents({ home: homeOf(log) } as NamespaceLog, eventOf(size), () => undefined);
    while (waiting.events.length < 1_000 && waiting.add(eventOf(size)));
    return waiting.events.length;
  };
  expect(countOf({ isRemote: true }, 10)).toBe(256);
  expect(countOf({ isRemote: true }, 100_000)).toBe(2);
  expect(countOf({ isRemote: true }, 1_000_000)).toBe(1);
  expect(countOf({ isRemote: false }, 100_000)).toBe(1_000);
});
