import { sessionBeat, sessionEnded, sessionOpened } from 'naru/taps';
import { expect, it } from 'vitest';
import { change, gauge, level, names, tally, times } from '../src/metric.js';
import { Reader } from '../src/reading.js';
import { Recorder } from '../src/recorder.js';
import { fakeServer, numbersOf, record } from './fakes.js';

const labels = { wire: new Set(['sse', 'tcp']), reason: new Set(['gone']) };
const ended = tally(names('naru_a', 'a', '1', 'A.', labels), sessionEnded);
const one = tally(names('naru_a', 'a', '1', 'A.', { wire: labels.wire }), sessionEnded);
const end = (wire: string, reason = 'gone'): void => sessionEnded.publish({ connection: 1, wire, reason });

it('counts by labels', () => {
  const recorder = record([ended]);
  for (const wire of ['sse', 'sse', 'tcp']) end(wire);
  expect(numbersOf(recorder.read(ended))).toEqual({ 'sse gone': 2, 'tcp gone': 1 });
});

it('begins the series of one label at 0', () => {
  const recorder = record([one]);
  expect(recorder.read(one)).toEqual([
    { labels: { wire: 'sse' }, value: 0 },
    { labels: { wire: 'tcp' }, value: 0 },
  ]);
});

it('makes no series for values that are not known, however many come', () => {
  const recorder = record([ended]);
  for (let at = 0; at < 10_000; at += 1) end(`wire-${at}`, `reason\n"${at}`);
  end('sse\ntcp');
  expect(recorder.read(ended)).toEqual([
    { labels: { wire: 'other', reason: 'other' }, value: 10_000 },
    { labels: { wire: 'other', reason: 'gone' }, value: 1 },
  ]);
});

it('begins a level with what is there, and never shows less than 0', () => {
  const open = level(
    names('naru_b', 'b', '1', 'B.', { wire: labels.wire }),
    ({ engine }) => Object.values(engine.clients).map(({ transport }) => ({ labels: { wire: transport.name }, by: 1 })),
    [
      change(sessionOpened, ({ wire }) => [{ labels: { wire }, by: 1 }]),
      change(sessionEnded, ({ wire }) => [{ labels: { wire }, by: -1 }]),
    ],
  );
  const recorder = record([open], [fakeServer()]);
  expect(numbersOf(recorder.read(open))).toEqual({ sse: 1, other: 1 });
  end('sse');
  end('tcp');
  expect(numbersOf(recorder.read(open))).toEqual({ other: 1 });
});

it('passes times on, and reads what servers say', () => {
  const beat = times(names('naru_c', 'c', 's', 'C.'), sessionBeat, [1]);
  const sessions = gauge(names('naru_d', 'd', '1', 'D.'), (reading) => reading.sessions);
  const recorder = record([beat, sessions], [fakeServer()]);
  const seen: number[] = [];
  recorder.observe(beat, (seconds) => seen.push(seconds));
  recorder.observe(sessions, (seconds) => seen.push(seconds));
  sessionBeat.publish({ connection: 1, ms: 20 });
  expect(seen).toEqual([0.02]);
  expect([recorder.read(beat), numbersOf(recorder.read(sessions))]).toEqual([[], { '': 2 }]);
});

it('leaves no listener behind', () => {
  const recorder = new Recorder(new Reader([]), [ended], []);
  recorder.observe(times(names('naru_c', 'c', 's', 'C.'), sessionBeat, [1]), () => undefined);
  expect([sessionEnded.hasSubscribers, sessionBeat.hasSubscribers]).toEqual([true, true]);
  recorder.close();
  expect([sessionEnded.hasSubscribers, sessionBeat.hasSubscribers]).toEqual([false, false]);
});
