// A server on a shared folder that carries out programs of a test. Runs on the built package.
import { Server } from 'naru';
import { local } from 'naru/backplane/local';

const [, , folder, name] = process.argv;
const io = new Server(0, { backplane: local(String(folder)), connectionStateRecovery: {}, stomp: true });
io.allow({ publish: true, subscribe: true });
io.on('connection', (socket) => {
  socket.data = { name: socket.handshake.auth.name, node: name };
  socket.join(['all', String(name)]);
});
io.on('side', (value, answer) => answer?.(`${name} ${value}`));
process.on('message', async (/** @type {{ id: number, program: string }} */ { id, program }) => {
  try {
    const run = new Function('io', `return (async () => { ${program} })();`);
    process.send?.({ id, value: await run(io) });
  } catch (error) {
    const { message, code, missing, responses, sockets } = /** @type {any} */ (error);
    process.send?.({ id, error: { message, code, missing, responses, sockets: sockets?.length } });
  }
});
const { httpServer } = io;
httpServer?.on('listening', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (httpServer.address());
  process.send?.({ port, node: io.node });
});
