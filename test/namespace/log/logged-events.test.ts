import { expect, it } from 'vitest';
import { LoggedEvents } from '../../../src/namespace/log/logged-events.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { type LoggedEvent, toldEvent } from '../../../src/namespace/log/records.js';

it('commits the events of a turn together, in their order', () => {
  const committed: (readonly LoggedEvent[])[] = [];
  const [one, two] = [toldEvent(['one']), toldEvent(['two'])];
  const waiting = new LoggedEvents({} as NamespaceLog, one, (events) => committed.push(events));
  waiting.events.push(two);
  expect(committed).toEqual([]);
  waiting.settle();
  expect(committed).toEqual([[one, two]]);
});
