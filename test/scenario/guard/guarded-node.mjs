// A node with a guard. It revokes what it is told to, and may be killed right after that. Runs on the built packages.
import { protect } from '@naru/guard';
import { local } from '@naru/local';
import { nats } from '@naru/nats';
import { redis } from '@naru/redis';
import { Server } from 'naru';

const [, , address = '', isCarrier, limits = 'null'] = process.argv;

/** @returns {import('naru').ServerOptions['backplane']} */
function open() {
  if (address.startsWith('nats:')) return nats(address);
  return address.startsWith('redis:') ? redis(address, { log: isCarrier !== 'carrier' }) : local(address);
}

const io = new Server(0, { backplane: open(), connectionStateRecovery: {}, printNodes: false });
const guard = protect(io, { tokens: (token) => JSON.parse(token), limits: JSON.parse(limits) ?? undefined });
io.on('log_error', () => undefined);
/** @type {Record<string, number>} */
const counts = {};
io.on('connection', (socket) => {
  socket.on('count', () => {
    const { id = '' } = socket.user ?? {};
    counts[id] = (counts[id] ?? 0) + 1;
  });
  socket.on('node', (/** @type {(pid: number) => void} */ answer) => answer(process.pid));
});
await io.ready();
const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());

process.on('message', async (/** @type {any} */ { what, dies }) => {
  if (what === 'count') {
    process.send?.(counts);
    return;
  }
  await guard.revoke(what);
  process.send?.('revoked', () => dies && process.kill(process.pid, 'SIGKILL'));
});
process.send?.(port);
