// A node that is killed. It carries out programs of the test. Runs on the built packages.
import { local } from '@naru/local';
import { nats } from '@naru/nats';
import { redis } from '@naru/redis';
import { Server } from 'naru';

const [, , home = ''] = process.argv;
const backplane = home.startsWith('redis:') ? redis(home) : home.startsWith('nats:') ? nats(home) : local(home);
const io = new Server(0, { backplane, connectionStateRecovery: {}, printNodes: false });
io.allow({ subscribe: (_socket, room) => room !== 'secret' });
await io.ready();
process.on('message', async (program) => {
  await new Function('io', `return (async () => { ${program} })();`)(io);
  process.send?.('done');
});
const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());
process.send?.({ port, code: io.node });
