import { request } from 'node:http';
import { beforeAll, expect, it } from 'vitest';
import { build } from '../../../../test/kit/programs/naru.js';
import { app, open, serve } from './serving.js';

beforeAll(build);

it('gives each worker about as many connections, however slowly they come', async () => {
  const { url } = await serve(3);
  const countByWorker = async (): Promise<number[]> => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 30; n += 1) {
      const socket = open(url, { transports: ['websocket'] });
      const pid = await new Promise<number>((resolve) => socket.emit('where', resolve));
      counts.set(pid, (counts.get(pid) ?? 0) + 1);
    }
    return [...counts.values()];
  };
  // A worker keeps all for a second after a connection that took long. Workers that have just started are slow.
  const aboutTen = expect.closeTo(10, -1);
  await expect.poll(countByWorker).toEqual([aboutTen, aboutTen, aboutTen]);
});

it('has a busy worker take several connections in a turn of its event loop', async () => {
  const busy = `${app}
    const { app: own } = exports;
    exports.app = (io) => {
      own(io);
      let [inTurn, most] = [0, 0];
      io.httpServer.on('connection', () => {
        inTurn += 1;
        most = Math.max(most, inTurn);
        setImmediate(() => {
          inTurn = 0;
        });
      });
      io.on('connection', (socket) => {
        socket.on('block', (done) => {
          done();
          // The others connect in this time.
          setTimeout(() => {
            for (const end = Date.now() + 500; Date.now() < end; );
          }, 20);
        });
        socket.on('most', (done) => done(most));
      });
    };`;
  const { url } = await serve(1, { 'index.js': busy });
  const socket = open(url, { transports: ['websocket'] });
  await socket.emitWithAck('block');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const answers = Array.from(
    { length: 16 },
    () => new Promise<void>((resolve) => request(url, { agent: false }, (one) => resolve(void one.resume())).end()),
  );
  await Promise.all(answers);
  expect(await socket.emitWithAck('most')).toBeGreaterThan(2);
});
