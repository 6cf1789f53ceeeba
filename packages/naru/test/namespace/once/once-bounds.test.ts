import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { local } from '../../../../local/src/local-backplane.js';
import { FakeClock } from '../../../../testing/src/entry/index.js';

const KEY = 'a-key-of-20-letters-';

function once(id: number, key: string): string {
  return `42${id}${JSON.stringify(['naru:once', key, 'order'])}`;
}

it('keeps the stored answers of many sockets within one limit for all of them, the newest ones', async () => {
  const folder = mkdtempSync(`${tmpdir()}/naru-once-`);
  const clock = new FakeClock();
  const backplane = local(folder, { clock });
  onTestFinished(async () => {
    await backplane.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const server = stage({ backplane, idempotency: { storedCountMax: 100, countMax: 5 } }, clock);
  let calls = 0;
  server.io.on('connection', (socket) =>
    socket.on('order', (ack: (answer: number) => void) => {
      calls += 1;
      ack(calls);
    }),
  );
  const stored = () => backplane.store.list('once ', 1_000).length;
  let most = 0;
  for (let n = 0; n < 30; n += 1) {
    const client = await join(server);
    for (let each = 0; each < 10; each += 1) client.send(once(each, `${KEY}-${n}-${each}`));
    await clock.advance(1_000);
    most = Math.max(most, stored());
    client.link?.cut();
  }
  expect(calls).toBe(300);
  // It checks after every 25 more. A client may send a few on top in one turn.
  expect(most).toBeLessThanOrEqual(110);
  expect(stored()).toBeGreaterThanOrEqual(75);
  const late = await join(server);
  late.send(once(1, `${KEY}-29-0`), once(2, `${KEY}-0-0`));
  await clock.settle();
  expect(late.texts).toEqual(['431[291]', '432[301]']);
});
