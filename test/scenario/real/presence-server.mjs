// A server with presence in its own process, on the built package.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { Server } from 'naru';

const { folder, port = 0, options = {} } = JSON.parse(process.argv[2]);
const backplane = local(folder);
const http = createServer();
const io = new Server(http, { ...options, backplane });
const lobby = io.presence('lobby', { announce: true });
const heard = [];

for (const event of ['join', 'update', 'leave']) lobby.on(event, ({ id }) => heard.push(`${event} ${id}`));

io.on('connection', (socket) => {
  lobby.join(socket, { id: socket.handshake.auth.id });
});

const calls = {
  list: () => lobby.list(),
  heard: () => heard,
  say: ({ event }) => void io.local.emit(event),
  async close() {
    await io.close();
    await backplane.close();
    setTimeout(() => process.exit(0), 20);
  },
};

process.on('message', async ({ id, name, args }) => {
  process.send({ id, result: await calls[name](args ?? {}) });
});
process.on('disconnect', () => process.exit(0));
http.listen(port, '127.0.0.1', () => process.send({ port: http.address().port }));
