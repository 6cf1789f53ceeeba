import { expect, it } from 'vitest';
import { encodeOffset, type StoredRecord } from '../../../../src/backplane/backplane.js';
import { restOf } from '../../../../src/namespace/log/order/page-rest.js';

const page = Array.from(
  { length: 9 },
  (_, at): StoredRecord => ({
    offset: encodeOffset(at + 1),
    rooms: [],
    except: [],
    event: `["${at + 1}"]`,
    attachments: [],
    at: 0,
  }),
);
const answerOf = (previous: number, ...offsets: number[]) => ({
  previous: encodeOffset(previous),
  offsets: offsets.map(encodeOffset),
});
const found = (after: number, ...answers: ReturnType<typeof answerOf>[]) => restOf(page, encodeOffset(after), answers);
const rest = (...args: Parameters<typeof found>) =>
  found(...args).rest.map(({ previous, records }) => [previous, ...records.map((r) => r.offset)]);
const run = (...numbers: number[]) => numbers.map(encodeOffset);

it('has the records of others between those of this process, each run after the record before it', () => {
  expect(rest(1, answerOf(1, 2, 3), answerOf(5, 6), answerOf(8, 9))).toEqual([run(3, 4, 5), run(6, 7, 8)]);
});

it('has the records before a question for the end of the log, which has none itself', () => {
  expect(rest(2, answerOf(2, 3), answerOf(6))).toEqual([run(3, 4, 5, 6)]);
});

it('has nothing after the last answer, because a record there may be of this process', () => {
  expect(rest(1, answerOf(1, 2))).toEqual([]);
  expect(rest(1)).toEqual([]);
});

it('has the rest of a page that ends before the last answer', () => {
  expect(rest(7, answerOf(7, 8), answerOf(20, 21))).toEqual([run(8, 9)]);
});

it('ends with the page, or with the last answer before that', () => {
  expect(found(1, answerOf(1, 2, 3), answerOf(5, 6)).end).toBe(encodeOffset(6));
  expect(found(7, answerOf(7, 8), answerOf(20, 21)).end).toBe(encodeOffset(9));
  expect(found(1).end).toBe(encodeOffset(1));
});
