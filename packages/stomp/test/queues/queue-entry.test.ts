import { expect, it } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { decodePlace, encodeEntry, encodeFreed, type QueueEntry } from '../../src/queues/queue-entry.js';

const ENTRY: QueueEntry = {
  sequence: 7,
  id: 'a3',
  previous: 'b2',
  commands: [{ op: 'finish', queue: 'q', ids: ['1.a1.0'] }],
  texts: ['é\n', '', '["x"]'],
};
const TEXT = '[1,7,"a3","b2",[{"op":"finish","queue":"q","ids":["1.a1.0"]}],[2,0,5]]\né\n["x"]';

it('is a line of JSON and the texts of its messages', () => {
  expect(encodeEntry(ENTRY)).toBe(TEXT);
  expect(decodePlace(TEXT)).toEqual({ entry: ENTRY });
});

it('leaves its number behind', () => {
  expect(encodeFreed(7)).toBe('freed 7');
  expect(decodePlace('freed 7')).toEqual({ freed: 7 });
  expect(decodePlace(undefined)).toBeUndefined();
});

it.each([TEXT.replace('[1,', '[2,'), '[1,7', '\n', ''])(
  'is refused if it is damaged, or of a later version: %j',
  (text) => {
    expect(() => decodePlace(text)).toThrow(UnavailableError);
  },
);
