import { expect, it } from 'vitest';
import { LoggedEvents } from '../../../src/namespace/log/logged-events.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { type LoggedEvent, toldEvent } from '../../../src/namespace/log/records.js';
import type { EncodedPacket } from '../../../src/transport/encoded-packet.js';

it('commits the events of a turn together, in their order', () => {
  const committed: (readonly LoggedEvent[])[] = [];
  const [one, two] = [toldEvent(['one']), toldEvent(['two'])];
  const waiting = new LoggedEvents({} as NamespaceLog, one, (events) => committed.push(events));
  expect(waiting.add(two)).toBe(true);
  expect(committed).toEqual([]);
  waiting.settle();
  expect(committed).toEqual([[one, two]]);
});

it('leaves an event to the next batch if a log on another machine would not keep them together', () => {
  const eventOf = (size: number): LoggedEvent => ({ ...toldEvent(['x']), packets: [{ size } as EncodedPacket] });
  const countOf = (log: Pick<NamespaceLog, 'isRemote'>, size: number): number => {
    const waiting = new LoggedEvents(log as NamespaceLog, eventOf(size), () => undefined);
    while (waiting.events.length < 1_000 && waiting.add(eventOf(size)));
    return waiting.events.length;
  };
  expect(countOf({ isRemote: true }, 10)).toBe(256);
  expect(countOf({ isRemote: true }, 100_000)).toBe(2);
  expect(countOf({ isRemote: true }, 1_000_000)).toBe(1);
  expect(countOf({ isRemote: false }, 100_000)).toBe(1_000);
});
