// A server in its own process with an endpoint for each wire. It counts into a room when told to.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { stomp } from '@naru/stomp';
import { udp } from '@naru/udp';
import { Server } from 'naru';

const { folder, options } = JSON.parse(process.argv[2]);
const { ports, ...rest } = options;
const http = createServer();
const io = new Server(http, {
  backplane: local(folder),
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  events: true,
  wires: [stomp(), udp()],
  ...rest,
});

io.allow({ subscribe: true, history: true });
io.on('connection', (socket) => {
  socket.on('enter', (room, ack) => {
    socket.join(room);
    ack?.();
  });
});

const calls = {
  async count({ from, to, perTurn = 7 }) {
    for (let n = from; n < to; ) {
      for (let step = 0; step < perTurn && n < to; step += 1, n += 1) io.to('lobby').emit('n', n);
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  members: () => io.sockets.adapter.rooms.get('lobby')?.size ?? 0,
  drain: (drainOptions) => io.drain(drainOptions),
};

process.on('message', async ({ id, name, args }) => {
  process.send({ id, result: await calls[name](args ?? {}) });
});
process.on('disconnect', () => process.exit(0));

io.listen(`tcp://127.0.0.1:${ports.tcp}`);
io.listen(`udp://127.0.0.1:${ports.udp}`);
io.listen(`stomp://127.0.0.1:${ports.stomp}`);
await io.ready();
await new Promise((resolve) => http.listen(ports.http, '127.0.0.1', resolve));
process.send({ port: ports.http });
