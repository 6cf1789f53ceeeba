// A server as an application writes it that wants restarts to go unnoticed: at SIGTERM it drains and closes, and a kill -9 it does not hear of.
import { createServer } from 'node:http';
import { Server } from 'naru';
import { local } from 'naru/backplane/local';

const { folder, port = 0, tcpPort = 0, options = {} } = JSON.parse(process.argv[2]);
const backplane = local(folder);
const http = createServer();
const io = new Server(http, { ...options, backplane });
/** When sessions were opened, by this program's clock. */
const handshakes = [];
let waitingMost = 0;
let recovered = 0;
/** Whether the log is closed: what is said from then on stands nowhere. */
let isOver = false;

io.engine.on('connection', () => {
  handshakes.push(performance.now());
  waitingMost = Math.max(waitingMost, io.engine.admission.pace.waitingCount);
});
io.on('connection', (socket) => {
  if (socket.recovered) recovered += 1;
  socket.on('enter', (room, ack) => {
    socket.join(room);
    ack();
  });
});

const calls = {
  /** Numbers, each to a room or to everybody; gives `false` when it is too late to say them. */
  say: ({ said }) => {
    if (isOver) return false;
    for (const [room, n] of said) (room === null ? io : io.to(room)).emit('n', n);
    return true;
  },
  facts: () => ({ handshakes, waitingMost, recovered, clients: io.engine.clientsCount }),
};

process.on('message', async ({ id, name, args }) => {
  process.send({ id, result: await calls[name](args ?? {}) });
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', async () => {
  await io.drain();
  await io.close();
  isOver = true;
  await backplane.close();
  process.exit(0);
});

io.listen(`tcp://127.0.0.1:${tcpPort}`);
await io.ready();
http.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send({ port: http.address().port, tcpPort: io.doors[0].address.port });
});
