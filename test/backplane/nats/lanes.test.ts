import { expect, it } from 'vitest';
import { Lanes, type RequestKind } from '../../../src/backplane/nats/lanes.js';

const append: RequestKind = { part: 'log', isWrite: true, isPiped: true };
const erase: RequestKind = { part: 'log', isWrite: true, isPiped: false };
const read: RequestKind = { part: 'log', isWrite: false, isPiped: false };
const set: RequestKind = { part: 'text', isWrite: true, isPiped: false };

/** Lanes whose requests a test ends by hand. */
function build() {
  const lanes = new Lanes();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, kind: RequestKind, lane = '/'): void =>
    void lanes.run(lane, kind, () => {
      begun.push(name);
      return new Promise<void>((resolve) => void ends.set(name, resolve));
    });
  const end = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) ends.get(name)?.();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { lanes, begun, run, end };
}

it('begins appends while earlier ones are under way, and a text after all of them', async () => {
  const { begun, run, end } = build();
  run('a1', append);
  run('a2', append);
  run('text', set);
  run('a3', append);
  run('elsewhere', set, '/other');
  expect(begun).toEqual(['a1', 'a2', 'elsewhere']);
  await end('a2');
  expect(begun).toEqual(['a1', 'a2', 'elsewhere']);
  await end('a1');
  expect(begun.slice(3)).toEqual(['text']);
  await end('text');
  expect(begun.slice(3)).toEqual(['text', 'a3']);
});

it('begins a read after the writes before it, and lets nothing wait for it', async () => {
  const { begun, run, end } = build();
  run('r1', read);
  run('a1', append);
  run('r2', read);
  run('r3', read);
  run('a2', append);
  expect(begun).toEqual(['r1', 'a1']);
  await end('a1');
  expect(begun).toEqual(['r1', 'a1', 'r2', 'r3', 'a2']);
});

it('begins no append while a write is under way that must be alone', async () => {
  const { begun, run, end } = build();
  run('erase', erase);
  run('a1', append);
  await end();
  expect(begun).toEqual(['erase']);
  await end('erase');
  expect(begun).toEqual(['erase', 'a1']);
});

it('goes on after a write that failed', async () => {
  const { lanes, begun, run } = build();
  const failed = lanes.run('/', erase, () => Promise.reject(new TypeError('full')));
  run('a1', append);
  await expect(failed).rejects.toThrow('full');
  expect(begun).toEqual(['a1']);
});
