/**
 * A work queue on STOMP. Workers take jobs from the queue, and everybody in the room `results` sees the results.
 *
 *   node examples/run.mjs stomp-jobs
 *   python3 examples/stomp-worker.py
 *
 * PORT chooses the port of STOMP; the default is 61613. Start as many workers as you like; they need the package
 * python3-stomp.
 */

import { stomp } from '@naru/stomp';
import { Server } from 'naru';

const port = Number(process.env.PORT ?? 61613);

const io = new Server({
  wires: [
    stomp({
      // A job that was delivered three times without an ACK is dropped.
      deliveriesMax: 3,
      onDropped: ({ queue, deliveries }) => console.log(`${queue}: dropped after ${deliveries} deliveries`),
    }),
  ],
});

io.use((socket, next) => {
  const { login } = socket.handshake.auth as { login?: string };
  next(login ? undefined : new Error('The header "login" is missing; it says who you are'));
});
io.allow({
  subscribe: (_socket, room) => room === '/queue/jobs' || room === 'results',
  publish: (_socket, room) => room === '/queue/jobs' || room === 'results',
});
io.on('connection', (socket) => {
  const { login } = socket.handshake.auth as { login?: string };
  console.log(`${login} connected over ${socket.conn.transport.name}`);
  socket.on('disconnect', (reason) => console.log(`${login} disconnected: ${reason}`));
});

io.listen(`stomp://127.0.0.1:${port}`);
await io.ready();
console.log(`jobs: stomp://127.0.0.1:${port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void io.close().then(() => process.exit(0)));
}
