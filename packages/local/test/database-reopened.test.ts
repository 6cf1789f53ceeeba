import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { local } from '../src/local-backplane.js';

/** Folders whose environment fails at the next transaction, as LMDB does when it cannot write its first pages. */
const disk = vi.hoisted(() => ({ fails: false, opened: 0, closed: 0, says: '' }));

vi.mock('lmdb', async (importActual) => {
  const actual = await importActual<typeof import('lmdb')>();
  const open = ((options: { path: string }) => {
    const root = actual.open(options as never) as unknown as {
      transactionSync(action: () => unknown): unknown;
      close(): Promise<void>;
    };
    if (options.path.endsWith('gate.mdb')) return root;
    disk.opened += 1;
    let isGivenUp = false;
    const [transact, close] = [root.transactionSync.bind(root), root.close.bind(root)];
    root.transactionSync = (action) => {
      isGivenUp ||= disk.fails;
      if (isGivenUp) throw new Error(disk.says);
      return transact(action);
    };
    root.close = () => {
      disk.closed += 1;
      return close();
    };
    return root;
  }) as unknown as typeof actual.open;
  return { ...actual, open };
});

/** The messages of LMDB, according to the place of the failure. */
const SAYINGS = ['MDB_PANIC: Update of meta page failed', 'Invalid argument: No transaction to renew'];

beforeEach(() => {
  Object.assign(disk, { fails: false, opened: 0, closed: 0, says: SAYINGS[0] });
});

function openFolder() {
  const folder = mkdtempSync(`${tmpdir()}/naru-reopened-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const backplane = local(folder);
  const append = (n: number): void => {
    backplane.log.append('/', [{ rooms: [], except: [], event: `["n",${n}]`, attachments: [], at: Date.now() }]);
  };
  const events = (): string[] => backplane.log.read('/', ZERO_OFFSET, 10).records.map(({ event }) => event);
  return { ...backplane, append, events };
}

it.each(SAYINGS)('opens a folder again after LMDB has given it up, as soon as the disk works: %s', async (says) => {
  disk.says = says;
  const { append, events, store, close } = openFolder();
  append(1);
  await store.set('a', 'one');
  disk.fails = true;
  expect(() => append(2)).toThrow(says);
  // The folder is being closed.
  for (const use of [() => append(3), events, () => store.get('a')])
    expect(use).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
  await vi.waitFor(() => expect(events()).toEqual(['["n",1]']), { timeout: 20_000 });
  expect(() => append(4)).toThrow(says);
  disk.fails = false;
  await vi.waitFor(() => append(5), { timeout: 20_000 });
  expect(events()).toEqual(['["n",1]', '["n",5]']);
  expect(store.get('a')).toBe('one');
  expect([disk.opened, disk.closed]).toEqual([3, 2]);
  await close();
  expect(disk.closed).toBe(3);
});

it('closes a folder that LMDB has just given up', async () => {
  const { append, close } = openFolder();
  disk.fails = true;
  expect(() => append(1)).toThrow('MDB_PANIC');
  await close();
  expect([disk.opened, disk.closed]).toEqual([1, 1]);
});
