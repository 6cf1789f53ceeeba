// A server as an application writes it for restarts that go unnoticed. At SIGTERM it drains and closes; a kill -9 comes
// without a warning.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { Server } from 'naru';
import { watchTurns } from '../turns.mjs';

const { folder, port = 0, tcpPort = 0, options = {} } = JSON.parse(process.argv[2]);
const backplane = local(folder);
const http = createServer();
const io = new Server(http, { ...options, backplane });
const { pace } = io.engine.admission;
const turns = watchTurns(pace, Date.now);
let opened = 0;
/** The sessions that were opened before a turn was given to them. */
let withoutTurn = 0;
let waitingMost = 0;
let recovered = 0;
/** Whether the log is closed. Messages from then on are not stored. */
let isOver = false;

io.engine.on('connection', () => {
  opened += 1;
  if (opened > turns.length) withoutTurn += 1;
  waitingMost = Math.max(waitingMost, pace.waitingCount);
});
io.on('connection', (socket) => {
  if (socket.recovered) recovered += 1;
  socket.on('enter', (room, ack) => {
    socket.join(room);
    ack();
  });
});

const calls = {
  /** Sends numbers, each to a room or to everybody. Returns `false` when it is too late. */
  say: async ({ said }) => {
    if (isOver) return false;
    for (const [room, n] of said) (room === null ? io : io.to(room)).emit('n', n);
    // The log has the events at the end of the turn. A message that is confirmed before would get lost with its server.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return true;
  },
  facts: () => ({ turns, opened, withoutTurn, waitingMost, recovered, clients: io.engine.clientsCount }),
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
  process.send({ port: http.address().port, tcpPort: io.endpoints[0].address.port });
});
