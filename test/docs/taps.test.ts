import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { choose, lineOf } from '../../packages/naru/src/taps/debug.js';
import type { Tap } from '../../packages/naru/src/taps/tap.js';
import * as SOURCE from '../../packages/naru/src/taps/taps.js';
import { readTaps, TAPS, tapTable } from '../../scripts/docs/read-taps.mjs';
import { fillTable } from '../../scripts/docs/tables.mjs';
import { readText, root } from '../tidy/source.js';

const page = 'docs/debugging.md';
const taps: readonly { name: string; told: string; facts: readonly string[] }[] = readTaps(root);
const real = Object.values(SOURCE) as readonly object[] as readonly Tap<object>[];

/**
 * The symptoms of docs/debugging.md, each with the name and the facts of the line that has the cause.
 * test/scenario/debug.test.ts brings the problems about.
 */
const PROBLEMS: readonly (readonly [symptom: string, name: string, facts: object])[] = [
  [
    'The client gets `connect_error` with `Invalid namespace`.',
    'socket.refused',
    { namespace: '/nowhere', message: 'Invalid namespace' },
  ],
  [
    'The browser blocks the requests of a page (CORS).',
    'handshake.foreign',
    { origin: 'https://blog.example', allowed: 'https://shop.example' },
  ],
  ['An old client gets 400.', 'handshake.refused', { reason: 'unsupportedProtocol', status: 400 }],
  ['A client misses events while it reads slowly.', 'slow.dropped', { policy: 'drop-oldest', isReplaced: false }],
  ['A client cannot enter a room.', 'permission.refused', { namespace: '/', act: 'subscribe', code: 'FORBIDDEN' }],
  ['Events of other servers do not arrive.', 'home.changed', { backplane: 'redis', state: 'away' }],
  [
    'Clients stay on polling with several servers on a backplane.',
    'handshake.refused',
    { reason: 'unknownSid', transport: 'websocket', node: 'sTagEoUu' },
  ],
  [
    'Polling fails again and again with several servers.',
    'handshake.refused',
    { reason: 'unknownSid', transport: 'polling' },
  ],
  [
    'The connection ends when the client sends a large message.',
    'session.ended',
    { reason: 'transport error', code: 'WS_MESSAGE_TOO_BIG' },
  ],
  ['Clients disappear after some seconds.', 'session.ended', { reason: 'ping timeout' }],
];

/** Returns the table of problems. The bar of a line would end a cell, so the remedy has one of its own. */
function problemTable(): string {
  const rows = PROBLEMS.map(([symptom, name, facts]) => {
    const line = lineOf(name, facts).replace(/^\S+ naru /, '');
    const [cause, remedy] = line.split(' | ');
    return `| ${symptom} | \`${cause}\` | ${remedy} |`;
  });
  return ['| symptom | line | remedy in the line |', '|---|---|---|', ...rows].join('\n');
}

describe('docs/debugging.md', () => {
  it('has each tap with its facts, and each problem with its remedy (otherwise run: npm run docs)', () => {
    const written = readText(page);
    const made = fillTable(fillTable(written, 'taps', tapTable(taps)), 'problems', problemTable());
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(join(root, page), made);
    expect(readText(page)).toBe(made);
  });

  const wishes = [...readText(page).matchAll(/\bNARU_DEBUG=([\w.,-]+)/g)].map(([, wish = '']) => wish);
  it('has values of NARU_DEBUG', () => expect(wishes.length).toBeGreaterThan(3));
  it.each([...new Set(wishes)])('has the value %s of NARU_DEBUG, which the server takes', (wish) => {
    expect(choose(wish).length).toBeGreaterThan(0);
  });

  it('leaves out no tap of the source', () => {
    expect(taps.map(({ name }) => `naru:${name}`).sort()).toEqual(real.map(({ name }) => name).sort());
    expect(taps).toHaveLength([...readText(TAPS).matchAll(/^export const \w+ = tap\b/gm)].length);
  });

  it.each(taps)('has a sentence and at least one fact about $name', ({ told, facts }) => {
    expect(told).toMatch(/^[A-Z].*\.$/);
    expect(told).not.toContain('|');
    expect(facts.length).toBeGreaterThan(0);
    expect(facts.filter((fact) => !/^[a-z][A-Za-z]*\??$/.test(fact))).toEqual([]);
    expect(new Set(facts).size).toBe(facts.length);
  });

  it.each(PROBLEMS)('names facts that the tap has: %s', (_symptom, name, facts) => {
    const known = taps.find((tap) => tap.name === name)?.facts.map((fact) => fact.replace('?', ''));
    expect(known).toEqual(expect.arrayContaining(Object.keys(facts)));
  });
});
