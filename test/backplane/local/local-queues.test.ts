import { expect, it } from 'vitest';
import { local } from '../../../src/backplane/local/local-backplane.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { makeFolder } from '../../kit/folders.js';

const BOUNDS = { countMax: 10_000, bytesMax: 10_000_000 };

it('carries a queue through a restart, with thousands of messages', async () => {
  const folder = makeFolder({});
  const clock = new FakeClock();
  const first = local(folder, { clock });
  const bodies = Array.from({ length: 5_000 }, (_, n) => Buffer.from(`${n}`));
  expect(first.queues?.put('jobs', bodies, BOUNDS)).toBe('kept');
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

it('throws UnavailableError after the folder was closed', async () => {
  const backplane = local(makeFolder({}));
  const { queues } = backplane;
  await backplane.close();
  expect(() => queues?.put('jobs', [Buffer.from('x')], BOUNDS)).toThrow(UnavailableError);
});
