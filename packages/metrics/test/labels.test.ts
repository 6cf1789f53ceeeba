import { expect, it } from 'vitest';
import { readText } from '../../../test/tidy/source.js';
import { REFUSALS } from '../../naru/src/server/admission/refusals.js';
import { ACTS, bounded, HANDSHAKE_REFUSALS, knownSeries, POLICIES, SESSION_ENDS, WIRES } from '../src/labels.js';

/** Returns the members of a union of texts in a source of the core. */
function membersOf(file: string, type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =([^;]+);`).exec(readText(`packages/naru/src/${file}`)) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, name = '']) => name).sort();
}

it('has all reasons for which the core refuses a handshake', () => {
  expect([...HANDSHAKE_REFUSALS].sort()).toEqual(Object.keys(REFUSALS).sort());
});

it.each([
  ['transport/transport.ts', 'TransportName', new Set([...WIRES].filter((name) => name !== 'webrtc'))],
  ['session/session-events.ts', 'SessionCloseReason', SESSION_ENDS],
  ['session/slow-report.ts', 'SlowPolicyName', POLICIES],
  ['namespace/permissions/guard.ts', 'RoomAct', ACTS],
])('has all names that %s lists as %s', (file, type, values) => {
  expect(membersOf(file, type).length).toBeGreaterThan(3);
  expect([...values].sort()).toEqual(membersOf(file, type));
});

it.each([['x'], [''], [7], [undefined], [null], [{ toString: () => 'polling' }], ['__proto__'], ['polling\n']])(
  'says other for %j',
  (value) => expect(bounded(WIRES, value)).toBe('other'),
);

it('says the value for one of the set', () => expect(bounded(WIRES, 'polling')).toBe('polling'));

it('lists the series of no label and of one, and none of two', () => {
  const [a, b] = [new Set(['1', '2']), new Set(['3'])];
  expect(knownSeries({})).toEqual([{}]);
  expect(knownSeries({ a })).toEqual([{ a: '1' }, { a: '2' }]);
  expect(knownSeries({ a, b })).toEqual([]);
});
