// A server on a shared folder that carries out programs of a test. Runs on the built package.

import { local } from '@naru/local';
import { stomp } from '@naru/stomp';
import { Server } from 'naru';

const [, , folder, name, first = ''] = process.argv;
const io = new Server(0, { backplane: local(String(folder)), connectionStateRecovery: {}, wires: [stomp()] });
io.allow({ publish: true, subscribe: true });
io.on('connection', (socket) => {
  socket.data = { name: socket.handshake.auth.name, node: name };
  socket.join(['all', String(name)]);
  io.presence('lobby').join(socket, { id: socket.handshake.auth.name });
  socket.on('pay', (amount, answer) => {
    globalThis.paid = (globalThis.paid ?? 0) + 1;
    setTimeout(() => answer(`${amount} paid`), 100);
  });
});
io.on('side', (value, answer) => answer?.(`${name} ${value}`));
// The program of the first turn.
new Function('io', first)(io);
process.on('message', async (/** @type {{ id: number, program: string }} */ { id, program }) => {
  try {
    const run = new Function('io', `return (async () => { ${program} })();`);
    process.send?.({ id, value: await run(io) });
  } catch (error) {
    const { message, code, missing, responses, sockets, report } = /** @type {any} */ (error);
    const facts = { message, code, missing, responses, sockets: sockets?.length, report };
    process.send?.({ id, error: { name: /** @type {any} */ (error).constructor.name, ...facts } });
  }
});
const { httpServer } = io;
httpServer?.on('listening', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  process.send?.({ port, node: io.node });
});
