/** The promises of every transport, as cases for any test runner. */
import { ok } from 'node:assert/strict';
import { TOPICS } from './contract-cases.js';
import { type Case, type OpenSubject, Witness } from './contract-subject.js';

export type { ContractEnd, ContractPeer, ContractSubject, OpenSubject } from './contract-subject.js';

/** The outcome of a case: the promise was kept, or the wire does not make it for the given reason. */
export type ContractOutcome = { readonly isKept: true } | { readonly isKept: false; readonly why: string };

/** One promise of the contract. */
export interface ContractCase {
  /** The heading for a group of cases. */
  readonly topic: string;
  /** The claim, which is also the name of the test. */
  readonly name: string;
  /** Rejects when the transport breaks the promise. */
  run(): Promise<ContractOutcome>;
}

/** Returns the cases. Each opens a transport of its own. Run all of them, in any order. */
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
