// A node whose events do not wait for a broker that is away. It says numbers until it is killed, with its clients. Runs
// on the built packages.
import { nats } from '@naru/nats';
import { redis } from '@naru/redis';
import { Server } from 'naru';

const [, , url = '', paceMs, name] = process.argv;

const backplane = url.startsWith('nats:') ? nats(url) : redis(url);
const io = new Server(0, {
  backplane,
  whileAway: 'local',
  connectionStateRecovery: {},
  printNodes: false,
});
io.on('log_error', () => undefined);
io.on('connection', (socket) => void socket.join('room'));
await io.ready();
const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());

let n = 0;
/** @type {NodeJS.Timeout | undefined} */
let timer;
process.on('message', (what) => {
  clearInterval(timer);
  if (what === 'speak')
    timer = setInterval(() => {
      io.to('room').emit('n', name, n);
      n += 1;
    }, Number(paceMs));
  else process.send?.(n);
});
process.send?.(port);
