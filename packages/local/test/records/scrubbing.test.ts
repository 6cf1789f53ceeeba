import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { openDatabase } from '../../src/database.js';
import { Scrubber } from '../../src/records/scrubbing.js';
import { folder } from '../numbers.js';

function open() {
  const path = folder();
  const database = openDatabase(path, false);
  onTestFinished(() => database.close());
  const file = join(path, 'data.mdb');
  const has = (text: string): boolean => readFileSync(file, 'latin1').includes(text);
  return { database, scrubber: new Scrubber(database, systemClock), file, has };
}

it('overwrites what was removed, and leaves nothing behind', async () => {
  const { database, scrubber, file, has } = open();
  const { root, log, zeros } = database;
  root.transactionSync(() => {
    for (let n = 1; n <= 500; n += 1) log.putSync(['/', n], Buffer.from(`secret${n}.`.repeat(100)));
  });
  // A process was killed while it scrubbed.
  root.transactionSync(() => zeros.putSync(['', -7], Buffer.alloc(10)));
  root.transactionSync(() => {
    for (let n = 1; n <= 500; n += 1) log.removeSync(['/', n]);
  });
  expect(has('secret')).toBe(true);
  await Promise.all([scrubber.scrub(), scrubber.scrub()]);
  expect(has('secret')).toBe(false);
  expect([...zeros.getKeys()]).toEqual([]);
  const { size } = statSync(file);
  for (let each = 0; each < 20; each += 1) await scrubber.scrub();
  expect(statSync(file).size - size).toBeLessThanOrEqual(20 * database.root.pages().size);
});

it('covers what was removed before the call, even if it is busy', async () => {
  const { database, scrubber, has } = open();
  const { root, log } = database;
  const first = scrubber.scrub();
  root.transactionSync(() => log.putSync(['/', 1], Buffer.from('secret')));
  root.transactionSync(() => log.removeSync(['/', 1]));
  await Promise.all([first, scrubber.scrub()]);
  expect(has('secret')).toBe(false);
});

it('rejects when the folder cannot be written, and works again afterwards', async () => {
  const { database, has } = open();
  const { root, log } = database;
  root.transactionSync(() => log.putSync(['/', 1], Buffer.from('secret')));
  root.transactionSync(() => log.removeSync(['/', 1]));
  let isFull = true;
  const transactionSync = <T>(action: () => T): T => {
    if (isFull) throw new Error('no space left on device');
    return root.transactionSync(action);
  };
  const scrubber = new Scrubber(
    { ...database, zeros: database.zeros, root: { ...root, transactionSync } },
    systemClock,
  );
  await expect(scrubber.scrub()).rejects.toThrow(UnavailableError);
  isFull = false;
  await scrubber.scrub();
  expect(has('secret')).toBe(false);
});
