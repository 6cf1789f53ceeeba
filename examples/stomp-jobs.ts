/**
 * A work queue: whoever speaks STOMP may take jobs, and everybody in the room `results` sees what came of them.
 *
 *   node examples/run.mjs stomp-jobs         (PORT chooses where STOMP listens; 61613 by default)
 *   python3 examples/stomp-worker.py         (as often as you like; it needs python3-stomp)
 */
import { Server } from 'naru';

const port = Number(process.env.PORT ?? 61613);

const io = new Server({
  stomp: {
    deliveriesMax: 3,
    onDropped: ({ queue, deliveries }) => console.log(`${queue}: given up after ${deliveries} deliveries`),
  },
});

io.use((socket, next) => {
  const { login } = socket.handshake.auth as { login?: string };
  next(login ? undefined : new Error('say who you are: login'));
});
io.allow({
  subscribe: (_socket, room) => room === '/queue/jobs' || room === 'results',
  publish: (_socket, room) => room === '/queue/jobs' || room === 'results',
});
io.on('connection', (socket) => {
  const { login } = socket.handshake.auth as { login?: string };
  console.log(`${login} came by ${socket.conn.transport.name}`);
  socket.on('disconnect', (reason) => console.log(`${login} left: ${reason}`));
});

io.listen(`stomp://127.0.0.1:${port}`);
await io.ready();
console.log(`jobs: stomp://127.0.0.1:${port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void io.close().then(() => process.exit(0)));
}
