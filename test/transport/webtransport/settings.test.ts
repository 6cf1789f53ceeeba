import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { Wait } from '../../../src/transport/polling/settings.js';
import { webTransportSettings } from '../../../src/transport/webtransport/settings.js';

it('gives up a transport that closes after closeTimeoutMs', async () => {
  const clock = new FakeClock();
  const { closeDeadlines } = webTransportSettings({ clock, recordBytesMax: 1, closeTimeoutMs: 500 });
  let isExpired = false;
  closeDeadlines.add(
    new Wait(() => {
      isExpired = true;
    }),
  );
  await clock.advance(499);
  expect(isExpired).toBe(false);
  await clock.advance(1);
  expect(isExpired).toBe(true);
});
