import { io } from 'socket.io-client';
import { expect, it } from 'vitest';
import { atEnd, folder, startRelay, startServer } from './server-child.js';

const CLIENTS = 60;
const PER_SECOND = 40;

it('restarts unnoticed: all clients move to the next process, and nothing is lost', { timeout: 120_000 }, async () => {
  const setup = { folder: folder(), options: { connectionStateRecovery: {} } };
  const [one, two] = await Promise.all([startServer(setup), startServer(setup)]);
  const relay = await startRelay(one.port);
  const got: number[][] = [];
  let recovered = 0;
  const options = { transports: ['websocket'], forceNew: true, reconnectionDelay: 50, randomizationFactor: 0 };
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const client = io(relay.url, options);
    atEnd(() => client.disconnect());
    const own: number[] = [];
    got.push(own);
    client.on('n', (n: number) => own.push(n));
    client.on('connect', () => {
      if (client.recovered) recovered += 1;
      else if (own.length === 0) client.emit('enter', 'lobby');
    });
    return { client, index };
  });
  await expect
    .poll(async () => {
      const sockets = (await one.call('sockets')) as { rooms: string[] }[];
      return sockets.filter(({ rooms }) => rooms.includes('lobby')).length;
    })
    .toBe(CLIENTS);

  relay.target = two.port;
  let isDrained = false;
  const drained = one.call('drain', { perSecond: PER_SECOND }).then(() => {
    isDrained = true;
  });
  let n = 0;
  while (!isDrained) {
    await one.call('count', { room: 'lobby', from: n, to: n + 5 });
    await two.call('count', { room: 'lobby', from: n + 5, to: n + 10 });
    n += 10;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await drained;
  await one.stop();
  for (const own of got) await expect.poll(() => own.length, { timeout: 30_000 }).toBe(n);

  const [first, ...others] = got;
  expect([...(first ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, at) => at));
  for (const other of others) expect(other).toEqual(first);
  await expect.poll(() => recovered, { timeout: 30_000 }).toBe(CLIENTS);
  expect(clients.every(({ client }) => client.connected)).toBe(true);
});
