/** Runs the contract of transports on all of them, and writes the results to a table. */

import { NOBODY } from '../../../packages/naru/src/transport/transport.js';
import { type ContractOutcome, transportContract } from '../../../packages/testing/src/contracts/transport-contract.js';
import { SUBJECTS } from './subjects.js';

const BEGIN = '<!-- conformance -->\n';
const END = '<!-- end -->';

/** The results of each case for each transport, in the order of the contract. */
export interface Result {
  readonly topic: string;
  readonly name: string;
  readonly outcomes: ReadonlyMap<string, ContractOutcome>;
}

/** Runs every case on every transport. Rejects with the first broken promise. */
export async function runAll(): Promise<Result[]> {
  const results = new Map<string, { topic: string; name: string; outcomes: Map<string, ContractOutcome> }>();
  for (const [wire, open] of Object.entries(SUBJECTS)) {
    for (const { topic, name, run } of transportContract(open)) {
      const result = results.get(name) ?? { topic, name, outcomes: new Map() };
      results.set(name, result);
      try {
        result.outcomes.set(wire, await run());
      } catch (error) {
        throw new Error(`${wire}: ${name}`, { cause: error });
      }
    }
  }
  return [...results.values()];
}

/** Returns the table of the properties that each transport declares. */
export async function promises(): Promise<string> {
  const rows = [
    '| transport | order | loss | binary data | largest unit | volatile messages |',
    '|---|---|---|---|---|---|',
  ];
  for (const [wire, open] of Object.entries(SUBJECTS)) {
    const { transport, settle } = await open(NOBODY);
    const { ordered, reliable, binary, bytesMax } = transport.carries;
    const cells = [
      ordered ? 'kept' : 'not kept',
      reliable ? 'none while connected' : 'possible',
      binary ? 'yes' : 'as base64',
      Number.isFinite(bytesMax) ? `${bytesMax} bytes` : 'any size',
      transport.sendVolatile ? 'on a separate path' : reliable ? 'in order with the others' : 'like ordinary events',
    ];
    rows.push(`| \`${wire}\` | ${cells.join(' | ')} |`);
    transport.abort();
    await settle();
  }
  return rows.join('\n');
}

/** Returns the table of cases: a tick for a kept promise, a number for one that is not made, with the reasons below. */
export function tableOf(results: readonly Result[]): string {
  const wires = Object.keys(SUBJECTS);
  const reasons: string[] = [];
  const rows = [
    `| promise | ${wires.map((wire) => `\`${wire}\``).join(' | ')} |`,
    `|---|${wires.map(() => '---|').join('')}`,
  ];
  let topic = '';
  for (const result of results) {
    if (result.topic !== topic) rows.push(`| **${result.topic}** |${wires.map(() => ' |').join('')}`);
    topic = result.topic;
    const cells = wires.map((wire) => {
      const outcome = result.outcomes.get(wire);
      if (!outcome || outcome.isKept) return '✓';
      if (!reasons.includes(outcome.why)) reasons.push(outcome.why);
      return `${reasons.indexOf(outcome.why) + 1}`;
    });
    rows.push(`| ${result.name} | ${cells.join(' | ')} |`);
  }
  return [rows.join('\n'), reasons.map((why, index) => `${index + 1}. ${why}`).join('\n')].join('\n\n');
}

/** Returns the document with new tables. */
export function fill(document: string, tables: string): string {
  const [start, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error('the document needs "<!-- conformance -->" before "<!-- end -->"');
  return `${document.slice(0, start + BEGIN.length)}\n${tables}\n\n${document.slice(end)}`;
}
