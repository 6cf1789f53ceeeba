/** Compares what `judge` says of random histories with what a simple model of a server says. */
import { encodeOffset } from 'naru/backplane';
import type { Findings } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../test/kit/fast-check.js';
import type { ExplainedEvent, Verdict } from '../src/judge.js';
import {
  CLIENT,
  cameBack,
  entered,
  exited,
  joined,
  left,
  logged,
  type Note,
  node,
  sent,
  timeOf,
  verdictOf,
} from './notes.js';

type Step =
  | { readonly type: 'come' | 'go' }
  | { readonly type: 'enter' | 'exit'; readonly room: string }
  | { readonly type: 'emit'; readonly rooms: readonly string[]; readonly except: readonly string[] };

interface History {
  readonly steps: readonly Step[];
  /** Milliseconds before each step. */
  readonly waits: readonly number[];
  readonly isVolatile: boolean;
}

const ROOMS = ['a', 'b', 'c'];
const STEPS_MAX = 40;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ type: 'come' }, { type: 'go' }),
  fc.record({ type: fc.constantFrom('enter' as const, 'exit' as const), room: fc.constantFrom(...ROOMS) }),
  fc.record({
    type: fc.constant('emit' as const),
    rooms: fc.uniqueArray(fc.constantFrom(...ROOMS, CLIENT), { maxLength: 3 }),
    except: fc.uniqueArray(fc.constantFrom(...ROOMS, CLIENT), { maxLength: 1 }),
  }),
);

const history: fc.Arbitrary<History> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: STEPS_MAX }),
  waits: fc.array(fc.nat(2), { minLength: STEPS_MAX, maxLength: STEPS_MAX }),
  isVolatile: fc.boolean(),
});

/** An event of a history, what should have become of it, and the number of facts before it. */
interface Told {
  readonly event: ExplainedEvent;
  readonly before: number;
  verdict: Verdict;
}

/** Plays a history on one node: a socket that goes on with its session each time, and gets what it has missed. */
function play({ steps, waits, isVolatile }: History, isLogged: boolean): { home: Findings; told: Told[] } {
  const notes: Note[] = [];
  const told: Told[] = [];
  const rooms = new Set<string>();
  let [isHere, hasCome, records, seen, at] = [false, false, 0, 0, timeOf(0)];
  const missed = new Set<Told>();
  const early = new Set<Told>();
  const isIn = (room: string): boolean => room === CLIENT || rooms.has(room);
  const note = (fact: Note): void => void notes.push({ ...fact, place: records, at });
  for (const [index, one] of steps.entries()) {
    at += waits[index] ?? 0;
    if (one.type === 'come' && !isHere) {
      note(hasCome ? cameBack(records, seen, ...rooms) : joined());
      [isHere, hasCome] = [true, true];
      for (const each of missed) each.verdict = outcomeOf(each.event, isIn, isVolatile && !isLogged);
      for (const each of early) each.verdict = 'joined-later';
      missed.clear();
      early.clear();
    } else if (one.type === 'go' && isHere) {
      note(left());
      [isHere, seen] = [false, records];
    } else if (one.type === 'enter' && isHere && !rooms.has(one.room)) {
      rooms.add(one.room);
      note(entered(undefined, one.room));
    } else if (one.type === 'exit' && isHere && rooms.delete(one.room)) note(exited(undefined, one.room));
    else if (one.type === 'emit') {
      const { rooms: to, except } = one;
      if (isLogged) records += 1;
      else note(sent({ rooms: to, except, isVolatile }));
      const event = isLogged
        ? { ...logged(records, { rooms: to, except }), at }
        : {
            ...logged(0, { rooms: to, except, isVolatile }),
            at,
            offset: undefined,
            node: 'home',
            number: notes.length,
          };
      const each: Told = { event, before: notes.length, verdict: 'unknown-client' };
      told.push(each);
      if (isHere) each.verdict = outcomeOf(event, isIn, isVolatile && !isLogged);
      else if (hasCome) each.verdict = 'left-before';
      if (!isHere && !hasCome) early.add(each);
      // Nobody gets an event later that no log keeps.
      else if (!isHere && isLogged) missed.add(each);
    }
  }
  const live = { rooms: [CLIENT, ...rooms], delivered: encodeOffset(records) };
  return { home: node('home', notes, ...(isHere ? [live] : [])), told };
}

/** Returns what becomes of an event for a client that is there. */
function outcomeOf({ rooms, except }: ExplainedEvent, isIn: (room: string) => boolean, isVolatile: boolean): Verdict {
  if (rooms.length > 0 && !rooms.some(isIn)) return 'not-in-room';
  if (except.some(isIn)) return 'excluded';
  return isVolatile ? 'volatile' : 'delivered';
}

/** Whether a client got an event, or `undefined` if nobody knows. */
function hasGot(verdict: Verdict): boolean | undefined {
  if (verdict.startsWith('unknown')) return undefined;
  return verdict === 'delivered' || verdict === 'volatile';
}

describe.each([
  ['in the log', true],
  ['that no log keeps', false],
])('judge, of any history with events %s', (_name, isLogged) => {
  it('says of each event what a model of the server says', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { home, told } = play(given, isLogged);
        expect(told.map(({ event }) => verdictOf(event, home))).toEqual(told.map(({ verdict }) => verdict));
      }),
      { numRuns: 500 },
    );
  });

  it('says of an event after the oldest fact that is remembered the same, or that it does not know', () => {
    fc.assert(
      fc.property(history, fc.nat(STEPS_MAX), (given, forgotten) => {
        const { home, told } = play(given, isLogged);
        const facts = home.facts.filter(({ number }) => number > forgotten);
        const later = { ...home, facts, sent: home.sent.filter(({ number }) => number > forgotten) };
        for (const { event, verdict, before } of told) {
          const isRemembered = before >= forgotten + (isLogged ? 0 : 1);
          const got = isRemembered ? hasGot(verdictOf(event, later)) : undefined;
          if (got !== undefined) expect([event, got]).toEqual([event, hasGot(verdict) ?? false]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
