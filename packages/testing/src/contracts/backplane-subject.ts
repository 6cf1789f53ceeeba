/** The subject of the backplane contract: a backplane, its clock, and a second process that opens it. */
import { ok } from 'node:assert/strict';
import type { Backplane, LogRecord, Offset, Page } from 'naru/backplane';
import { systemClock } from 'naru/base';

/** More records than any case appends. */
export const EVERYTHING = 100_000;

const PATIENCE_MS = 20_000;

/** A backplane under test. */
export interface BackplaneSubject {
  readonly backplane: Backplane;
  /** Lets `ms` milliseconds pass on the backplane's clock, from which `at` of the records comes. */
  pass(ms: number): Promise<void>;
  /** Returns the time of the backplane's clock. */
  now(): number;
  /** Opens the same backplane a second time, as another process would. Absent if that is not possible. */
  reopen?(): Promise<Backplane>;
  /** Whether links break by themselves. Talk may lose messages then, so its cases do not run. */
  readonly breaksLinks?: boolean;
  /** Milliseconds of real time for which a case waits for another process. Default 20,000. */
  readonly patienceMs?: number;
  /** Makes the home unreachable until `mend`. Absent if the home is always there. */
  cut?(): void;
  mend?(): void;
  /** Makes the home lose what was appended in the last `ms` milliseconds, as when a replica without it takes over. */
  forget?(ms: number): void;
}

/** A case of the contract. It rejects when the backplane breaks the promise. */
export type Case = (subject: BackplaneSubject, backplane: Backplane) => Promise<void>;

/** Waits for writes. A store may delay them until the end of a turn. */
export async function written(
  { pass }: Pick<BackplaneSubject, 'pass'>,
  ...writes: readonly (void | Promise<void>)[]
): Promise<void> {
  await pass(0);
  await Promise.all(writes);
}

/** Waits for something that another process brings about. Rejects after `patienceMs` of the subject. */
export async function until(subject: BackplaneSubject, isDone: () => boolean): Promise<void> {
  const end = systemClock.now() + (subject.patienceMs ?? PATIENCE_MS);
  while (!isDone()) {
    ok(systemClock.now() < end, 'the nodes did not hear each other');
    await subject.pass(0);
    await new Promise<void>((resolve) => systemClock.defer(() => resolve(), undefined));
  }
}

/** Returns records with ascending numbers in their events. */
export function numbered(subject: BackplaneSubject, from: number, count: number): LogRecord[] {
  return Array.from({ length: count }, (_, at) => record(subject, from + at, {}));
}

/** Returns a record for everybody, with `more` instead of its defaults. */
export function record(subject: BackplaneSubject, n: number, more: Partial<LogRecord>): LogRecord {
  return { rooms: [], except: [], event: `["n",${n}]`, attachments: [], at: subject.now(), ...more };
}

/** Returns the offsets of a page. */
export function offsetsOf({ records }: Page): Offset[] {
  return records.map(({ offset }) => offset);
}

/** Returns a record without its offset, and with bytes as arrays, so that a Buffer equals a Uint8Array. */
export function plain({ rooms, except, event, attachments, at, key, by }: LogRecord): unknown {
  return { rooms, except, event, attachments: attachments.map((bytes) => [...bytes]), at, key, by };
}
