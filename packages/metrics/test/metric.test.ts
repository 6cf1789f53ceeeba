import { sessionBeat, socketJoined } from 'naru/taps';
import { expect, it } from 'vitest';
import { change, counter, gauge, gaugeBy, level, names, tally, times } from '../src/metric.js';
import type { Reading } from '../src/reading.js';

const reading = {
  sessions: 3,
  states: new Map([
    ['up', 2],
    ['strange', 1],
  ]),
} as Partial<Reading> as Reading;
const plain = names('naru_x', 'naru.x', '{x}', 'Help.');
const read = ({ source }: ReturnType<typeof counter>) => (source.type === 'reading' ? source.read(reading) : undefined);

it('reads counters and gauges', () => {
  const counted = counter(plain, ({ sessions }) => sessions);
  expect([counted.kind, read(counted)]).toEqual(['counter', [{ labels: {}, value: 3 }]]);
  const most = gauge(plain, ({ sessions }) => sessions, 'max');
  expect([most.kind, most.combine, read(most)]).toEqual(['gauge', 'max', [{ labels: {}, value: 3 }]]);
});

it('has a series for each value of a label, and one for all others', () => {
  const states = gaugeBy({ ...plain, labels: { state: new Set(['up', 'away']) } }, ({ states }) => states);
  expect(read(states)).toEqual([
    { labels: { state: 'up' }, value: 2 },
    { labels: { state: 'away' }, value: 0 },
    { labels: { state: 'other' }, value: 1 },
  ]);
});

it('takes labels from facts of the same name, or from a function', () => {
  const facts = { connection: 1, socket: 'a', namespace: '/', isRecovered: true };
  const changes = ({ source }: ReturnType<typeof tally>) =>
    source.type === 'tally' && source.tallies[0]?.changes(facts);
  expect(changes(tally(plain, socketJoined))).toEqual([{ labels: facts, by: 1 }]);
  const named = tally(plain, socketJoined, ({ isRecovered }) => ({ how: isRecovered }));
  expect(changes(named)).toEqual([{ labels: { how: true }, by: 1 }]);
});

it('declares levels and times', () => {
  const up = change(sessionBeat, ({ ms }) => [{ labels: {}, by: ms }]);
  expect(level(plain, () => [], [up])).toMatchObject({ kind: 'gauge', source: { type: 'tally', tallies: [up] } });
  const { kind, source, buckets } = times(plain, sessionBeat, [1, 2]);
  expect([kind, buckets]).toEqual(['histogram', [1, 2]]);
  expect(source.type === 'times' && source.secondsOf({ ms: 1_500 })).toBe(1.5);
});
