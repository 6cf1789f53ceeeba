import { expect, it } from 'vitest';
import { Pipelines, type RequestKind } from '../src/pipelines.js';

const append: RequestKind = { part: 'log', isWrite: true, isPipelined: true };
const erase: RequestKind = { part: 'log', isWrite: true, isPipelined: false };
const read: RequestKind = { part: 'log', isWrite: false, isPipelined: false };
const set: RequestKind = { part: 'text', isWrite: true, isPipelined: false };

/** Pipelines whose requests a test ends by hand. */
function build() {
  const pipelines = new Pipelines();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  /** Says of a write that it is on its way. */
  const sent = new Map<string, () => void>();
  const run = (name: string, kind: RequestKind, pipeline = '/'): void =>
    void pipelines.run(pipeline, kind, (onSent) => {
      begun.push(name);
      sent.set(name, onSent);
      return new Promise<void>((resolve) => void ends.set(name, resolve));
    });
  const end = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) ends.get(name)?.();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { pipelines, begun, run, end, sent };
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
  expect(begun).toEqual(['r1', 'a1', 'a2']);
  await end('a1');
  expect(begun.slice(3)).toEqual(['r2', 'r3']);
});

it('begins a read after the writes before it that have to wait themselves', async () => {
  const { begun, run, end } = build();
  run('a1', append);
  run('text', set);
  run('read', read);
  run('a2', append);
  await end('a1');
  expect(begun).toEqual(['a1', 'text']);
  await end('text');
  expect(begun.slice(2)).toEqual(['read', 'a2']);
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
  const { pipelines, begun, run } = build();
  const failed = pipelines.run('/', erase, () => Promise.reject(new TypeError('full')));
  run('a1', append);
  await expect(failed).rejects.toThrow('full');
  expect(begun).toEqual(['a1']);
});

it('begins writes of different things together, and those of one thing one after the other', async () => {
  const { begun, run, end } = build();
  const put = (key: string): RequestKind => ({ part: 'table t', isWrite: true, isPipelined: true, key });
  run('a1', put('a'));
  run('b1', put('b'));
  run('a2', put('a'));
  run('c1', put('c'));
  run('other', { ...put('a'), part: 'table u' });
  expect(begun).toEqual(['a1', 'b1']);
  await end('a1');
  expect(begun.slice(2)).toEqual(['a2', 'c1']);
  await end('b1', 'a2', 'c1');
  expect(begun.slice(4)).toEqual(['other']);
});

it('begins a read of one thing after the writes of that thing', async () => {
  const { begun, run, end } = build();
  const of = (key: string, isWrite: boolean): RequestKind => ({ part: 'text', isWrite, isPipelined: isWrite, key });
  run('a1', of('a', true));
  run('b1', of('b', true));
  run('read c', of('c', false));
  run('read b', of('b', false));
  expect(begun).toEqual(['a1', 'b1', 'read c']);
  await end('b1');
  expect(begun.slice(3)).toEqual(['read b']);
  run('list', read);
  expect(begun.slice(4)).toEqual([]);
  await end('a1');
  expect(begun.slice(4)).toEqual(['list']);
});

it('begins a bounded number of writes', async () => {
  const { begun, run, end } = build();
  for (let n = 0; n < 130; n += 1) run(`${n}`, { part: 'text', isWrite: true, isPipelined: true, key: `${n}` });
  expect(begun).toHaveLength(128);
  await end('7');
  expect(begun).toHaveLength(129);
});

it('begins a write to another part once those before it are sent, and one of the same thing once it has ended', async () => {
  const { begun, run, end, sent } = build();
  const text = (key: string): RequestKind => ({ part: 'text', isWrite: true, isPipelined: true, key });
  run('a1', append);
  run('text k', text('k'));
  run('a2', append);
  run('text k again', text('k'));
  run('a3', append);
  expect(begun).toEqual(['a1']);
  sent.get('a1')?.();
  expect(begun.slice(1)).toEqual(['text k']);
  sent.get('text k')?.();
  expect(begun.slice(2)).toEqual(['a2']);
  sent.get('a2')?.();
  expect(begun.slice(3)).toEqual([]);
  await end('text k');
  expect(begun.slice(3)).toEqual(['text k again']);
  sent.get('text k again')?.();
  run('read', read);
  expect(begun.slice(4)).toEqual(['a3']);
  await end('a1', 'a2', 'a3');
  expect(begun.slice(5)).toEqual([]);
  await end('text k again');
  expect(begun.slice(5)).toEqual(['read']);
});
