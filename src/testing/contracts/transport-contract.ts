/** What every transport promises, as cases that any test runner can run. */
import { ok } from 'node:assert/strict';
import { TOPICS } from './contract-cases.js';
import { type Case, type OpenSubject, Witness } from './contract-subject.js';

export type { ContractEnd, ContractPeer, ContractSubject, OpenSubject } from './contract-subject.js';

/** What came of a case: the promise was kept, or the wire makes no such promise, for the given reason. */
export type ContractOutcome = { readonly isKept: true } | { readonly isKept: false; readonly why: string };

/** One promise of the contract. */
export interface ContractCase {
  /** What it is about: a heading for several. */
  readonly topic: string;
  /** The claim; the name for a test. */
  readonly name: string;
  /** Rejects when the transport breaks the promise. */
  run(): Promise<ContractOutcome>;
}

/** The cases, each of which opens a transport of its own. Run every one of them, by its name, in any order. */
export function transportContract(open: OpenSubject): ContractCase[] {
  return Object.entries(TOPICS).flatMap(([topic, cases]) =>
    Object.entries(cases).map(([name, run]) => ({ topic, name, run: () => tryCase(open, run) })),
  );
}

async function tryCase(open: OpenSubject, run: Case): Promise<ContractOutcome> {
  const witness = new Witness();
  const subject = await open(witness);
  await subject.settle();
  const reasons: string[] = [];
  await run({ ...subject, witness, waive: (why) => void reasons.push(why) });
  subject.transport.abort();
  await subject.settle();
  ok(witness.closes.length <= 1, 'onClose was called more than once');
  const [why] = reasons;
  return why === undefined ? { isKept: true } : { isKept: false, why };
}
