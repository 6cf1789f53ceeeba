/** Prepared facts of nodes, and events to judge by them. */
import { encodeOffset } from 'naru/backplane';
import type { Findings, LiveSocket, SentEntry, SentFact, SocketEntry, SocketFact } from 'naru/server/explain';
import { type ExplainedEvent, judge, type Verdict } from '../src/judge.js';

export const CLIENT = 'client';
export const START = 1_700_000_000_000;

type Without<Fact> = Fact extends unknown ? Omit<Fact, 'socket'> : never;

/** A fact that a node noted, and its time. `place` is the number of the newest record that it had delivered. */
export type Note = (Without<SocketFact> | SentFact) & {
  readonly place?: number | undefined;
  readonly at?: number;
  readonly namespace?: string;
};

/** The time of the record with this number, on a node whose clock is right. */
export function timeOf(record: number): number {
  return START + record * 1_000;
}

/**
 * Returns what a node knows. A fact with a place was noted half a second after that record, and any other one a second
 * after the fact before it.
 */
export function node(code: string, notes: readonly Note[], ...live: readonly Partial<LiveSocket>[]): Findings {
  const entries = notes.map(({ place, at, namespace = '/', ...fact }, index) => ({
    ...{ ...fact, namespace, socket: CLIENT, number: index + 1 },
    at: at ?? (place === undefined ? timeOf(index) : timeOf(place) + 500),
    place: place === undefined ? '' : encodeOffset(place),
  }));
  return {
    node: code,
    facts: entries.filter(({ type }) => type !== 'sent') as object[] as SocketEntry[],
    sent: entries.filter(({ type }) => type === 'sent') as object[] as SentEntry[],
    live: live.map((one) => ({ namespace: '/', rooms: [], delivered: encodeOffset(1_000), heardAt: 0, ...one })),
  };
}

/** The client came, and its middleware had put it into these rooms. */
export function joined(place?: number, ...rooms: readonly string[]): Note {
  return { type: 'joined', ...(rooms.length > 0 && { rooms: [CLIENT, ...rooms] }), place };
}

/** The client goes on with its session in these rooms, and named the newest event that it had. */
export function cameBack(place: number, after: number, ...rooms: readonly string[]): Note {
  return { type: 'joined', isRecovered: true, rooms: [CLIENT, ...rooms], after: encodeOffset(after), place };
}

export function left(place?: number): Note {
  return { type: 'left', reason: 'transport close', place };
}

export function entered(place?: number, room = 'room'): Note {
  return { type: 'room', room, isIn: true, place };
}

export function exited(place?: number, room = 'room'): Note {
  return { type: 'room', room, isIn: false, place };
}

/** A late client read the records after one, up to another one. */
export function read(after: number, record: number, place: number): Note {
  const records = { after: encodeOffset(after), offset: encodeOffset(record) };
  return { type: 'read', ...records, place };
}

export function sent(facts: Partial<SentFact> = {}): Note {
  return { type: 'sent', event: 'said', rooms: ['room'], except: [], isVolatile: false, isLocal: false, ...facts };
}

/** Returns an event that stands in the log. */
export function logged(record: number, facts: Partial<ExplainedEvent> = {}): ExplainedEvent {
  const flags = { isVolatile: false, isLocal: false };
  const place = { offset: encodeOffset(record), at: timeOf(record) };
  return { namespace: '/', event: 'said', rooms: ['room'], except: [], ...flags, ...place, ...facts };
}

/** Returns an event that a node has in its memory. */
export function unlogged({ node, sent }: Findings, index = 0): ExplainedEvent {
  const { socket: _, place: __, type: ___, ...event } = sent[index] as SentEntry & { readonly socket: string };
  return { ...event, node };
}

export function verdictOf(event: ExplainedEvent, ...findings: readonly Findings[]): Verdict {
  return judge(CLIENT, event, findings).verdict;
}
