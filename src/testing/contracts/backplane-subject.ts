/** The subject of the backplane contract: a backplane, its clock, and a second process that opens it. */
import { ok } from 'node:assert/strict';
import type { Backplane } from '../../backplane/backplane.js';
import { systemClock } from '../../base/clock.js';

/** A backplane under test. */
export interface BackplaneSubject {
  readonly backplane: Backplane;
  /** Lets `ms` milliseconds pass on the backplane's clock, from which `at` of the records comes. */
  pass(ms: number): Promise<void>;
  /** Returns the time of the backplane's clock. */
  now(): number;
  /** Opens the same backplane a second time, as another process would. Absent if that is not possible. */
  reopen?(): Promise<Backplane>;
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

/** Waits for something that another process brings about. Rejects after some seconds. */
export async function until(subject: BackplaneSubject, isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries += 1) {
    ok(tries < 10_000, 'the nodes did not hear each other');
    await subject.pass(0);
    await new Promise<void>((resolve) => systemClock.defer(() => resolve(), undefined));
  }
}
