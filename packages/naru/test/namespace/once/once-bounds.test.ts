import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';
import { local } from '../../../../local/src/local-backplane.js';
import { FakeClock } from '../../../../testing/src/entry/index.js';

const KEY = 'a-key-of-20-letters-';

function once(id: number, key: string, ...args: unknown[]): string {
  return `42${id}${JSON.stringify(['naru:once', key, 'order', ...args])}`;
}

/** Starts a server with a folder of its own. */
function onFolder(idempotency: object = {}) {
  const folder = mkdtempSync(`${tmpdir()}/naru-once-`);
  const clock = new FakeClock();
  const backplane = local(folder, { clock });
  onTestFinished(async () => {
    await backplane.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { clock, backplane, server: stage({ backplane, idempotency }, clock) };
}

it('keeps the stored answers of many sockets within one limit for all of them, the newest ones', async () => {
  const { clock, backplane, server } = onFolder({ storedCountMax: 100, countMax: 5 });
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

it('renews the claims of the newest hundred events of a socket alone', async () => {
  const { clock, backplane, server } = onFolder();
  server.io.on('connection', (socket) => socket.on('order', () => undefined));
  const client = await join(server);
  for (let n = 0; n < 130; n += 1) client.send(once(n, `${KEY}${n}`));
  await clock.advance(1_000);
  const claims = () => new Set(backplane.store.list('once ', 1_000).map(([key, text]) => `${key} ${text}`));
  const before = claims();
  await clock.advance(1_000);
  const same = [...claims()].filter((claim) => before.has(claim));
  expect([before.size, same.length]).toEqual([130, 30]);
});

it('counts the arguments of tries that wait', async () => {
  const server = stage({ idempotency: { bytesMax: 50_000 } });
  let calls = 0;
  server.io.on('connection', (socket) =>
    socket.on('order', () => {
      calls += 1;
    }),
  );
  const client = await join(server);
  const big = 'x'.repeat(10_000);
  const sendAll = async (): Promise<number> => {
    for (let n = 0; n < 20; n += 1) client.send(once(1, `${KEY}${n}`, big));
    await server.clock.settle();
    return calls;
  };
  expect(await sendAll()).toBe(20);
  // Each second try counts for twenty thousand bytes, so most events are forgotten, and their listeners run again.
  await sendAll();
  expect(await sendAll()).toBeGreaterThan(30);
});
