import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/backplane/local/database.js';
import { local } from '../../../src/backplane/local/local-backplane.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { makeFolder } from '../../kit/folders.js';

const BOUNDS = { countMax: 10_000, bytesMax: 10_000_000, queuesMax: 10, totalBytesMax: 10_000_000 };

it('carries a queue through a restart, with thousands of messages', async () => {
  const folder = makeFolder({});
  const clock = new FakeClock();
  const first = local(folder, { clock });
  const bodies = Array.from({ length: 5_000 }, (_, n) => Buffer.from(`${n}`));
  expect(first.queues?.put([{ queue: 'jobs', messages: bodies }], BOUNDS)).toBe('kept');
  await first.close();
  const second = local(folder, { clock });
  const seen: string[] = [];
  for (;;) {
    const held = await second.queues?.take('jobs', 700, 1_000);
    if (!held || held.length === 0) break;
    for (const { body } of held) seen.push(Buffer.from(body).toString());
    await second.queues?.finish(
      'jobs',
      held.map(({ id }) => id),
    );
  }
  expect(seen).toEqual(bodies.map(String));
  await second.close();
});

it('goes on with the queues of a folder that has no total yet', async () => {
  const folder = makeFolder({});
  const old = openDatabase(folder, false);
  const head = Buffer.alloc(12);
  old.queues.putSync('jobs', { last: 7, count: 1, bytes: 3 });
  old.waiting.putSync(['jobs', 7], Buffer.concat([head, Buffer.from('old')]));
  await old.close();
  const backplane = local(folder, { clock: new FakeClock() });
  const put = (queue: string, text: string) =>
    backplane.queues?.put([{ queue, messages: [Buffer.from(text)] }], { ...BOUNDS, queuesMax: 2, totalBytesMax: 7 });
  expect([put('jobs', 'new'), put('more', 'xx')]).toEqual(['kept', { queue: 'more', bound: 'totalBytesMax' }]);
  expect([put('more', 'x'), put('other', '')]).toEqual(['kept', { queue: 'other', bound: 'queuesMax' }]);
  const held = await backplane.queues?.take('jobs', 9, 1_000);
  expect(held?.map(({ body }) => Buffer.from(body).toString())).toEqual(['old', 'new']);
  await backplane.close();
});

it('throws UnavailableError after the folder was closed', async () => {
  const backplane = local(makeFolder({}));
  const { queues } = backplane;
  await backplane.close();
  expect(() => queues?.put([{ queue: 'jobs', messages: [Buffer.from('x')] }], BOUNDS)).toThrow(UnavailableError);
});
