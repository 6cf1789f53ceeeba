import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import { ClosingStreams } from '../../../src/transport/closing-streams.js';
import { destroyLate } from '../../../src/transport/polling/destroy-late.js';

it('destroys a stream when its peer does not close it in time', async () => {
  const clock = new FakeClock();
  const settings = { closeDeadlines: waitsOf(clock, 1_000), closing: new ClosingStreams(clock) };
  const [late, prompt] = [new PassThrough(), new PassThrough()];
  destroyLate(late, settings);
  destroyLate(prompt, settings);
  const closed = new Promise((resolve) => prompt.once('close', resolve));
  prompt.destroy();
  await closed;
  expect([settings.closeDeadlines.count, late.destroyed]).toEqual([1, false]);
  await clock.advance(1_000);
  expect([settings.closeDeadlines.count, late.destroyed]).toEqual([0, true]);
});
