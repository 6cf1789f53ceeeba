import { describe, expect, it } from 'vitest';
import { type Appended, encodeOffset } from '../../../../src/backplane/backplane.js';
import { endOf, type Flight, Flights } from '../../../../src/namespace/log/order/flights.js';
import { toldEvent } from '../../../../src/namespace/log/records.js';

const flight = (appended: Flight['appended'], count = 1): Flight => ({
  events: Array.from({ length: count }, () => toldEvent([])),
  answer: undefined,
  appended,
});

const at = (previous: number): Appended => ({
  previous: encodeOffset(previous),
  offsets: [encodeOffset(previous + 1)],
});

describe('Flights', () => {
  it('end in the order in which they began', () => {
    const flights = new Flights();
    const [one, two] = [flight(at(1)), flight(at(2))];
    flights.open(one);
    flights.open(two);
    expect([flights.oldest, flights.count]).toEqual([one, 2]);
    flights.end();
    expect([flights.oldest, flights.count]).toEqual([two, 1]);
  });

  it.each([
    ['at the end of the log, if none is open', [], 7],
    ['before the oldest flight that the home has taken', [flight(Promise.resolve(at(3))), flight(at(5))], 3],
    ['at the end of the log, if all flights stand after it', [flight(at(9))], 7],
    ['before the next one, if the home has refused the oldest', [flight(undefined), flight(at(4))], 4],
    ['at the end of the log, whatever questions are open', [flight(at(2), 0)], 7],
  ])('have a place to begin: %s', async (_where, open, place) => {
    const flights = new Flights();
    for (const each of open) flights.open(each);
    expect(await flights.placeBefore(encodeOffset(7))).toBe(encodeOffset(place));
  });
});

describe('a question for the end of the log', () => {
  it('is answered as a flight without events', async () => {
    const newest = encodeOffset(7);
    expect(endOf(newest)).toEqual({ previous: newest, offsets: [] });
    expect(await endOf(Promise.resolve(newest))).toEqual({ previous: newest, offsets: [] });
  });
});
