// A chat with rooms, names, a guarded namespace and typing marks. Prints everything that each participant receives.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';

const http = createServer();
const io = new Server(http, {
  cors: { origin: '*' },
  pingInterval: 10_000,
});
const users = new Map();

io.use((socket, next) => {
  const { name } = socket.handshake.auth;
  if (!name) return next(new Error('a name is needed'));
  if (users.has(name)) {
    const error = new Error('taken');
    error.data = { name, others: [...users.keys()] };
    return next(error);
  }
  socket.data.name = name;
  next();
});

io.on('connection', (socket) => {
  const { name } = socket.data;
  users.set(name, socket.id);
  socket.broadcast.emit('user joined', { name, count: users.size });
  socket.on('join', async (room, done) => {
    await socket.join(room);
    socket.to(room).emit('joined room', room, name);
    const members = await io.in(room).fetchSockets();
    done({ room, members: members.map((member) => member.data.name).sort() });
  });
  socket.on('say', (room, text, done) => {
    io.to(room).emit('said', room, name, text);
    done?.('ok');
  });
  socket.on('typing', (room) => socket.volatile.to(room).emit('typing', name));
  socket.on('image', (room, bytes) => socket.to(room).emit('image', name, bytes));
  socket.on('disconnecting', (reason) => {
    for (const room of socket.rooms) if (room !== socket.id) socket.to(room).emit('left room', room, name, reason);
  });
  socket.on('disconnect', (reason) => {
    users.delete(name);
    io.emit('user left', name, reason);
  });
});

const admin = io.of('/admin');
admin.use((socket, next) => (socket.handshake.auth.password === 'secret' ? next() : next(new Error('forbidden'))));
admin.on('connection', (socket) => {
  socket.on('rooms', (done) =>
    done([...io.of('/').adapter.rooms.keys()].filter((room) => room.startsWith('#')).sort()),
  );
  socket.on('close room', (room) => {
    io.in(room).emit('closed', room);
    io.in(room).socketsLeave(room);
  });
  socket.on('kick', (name) => io.in(users.get(name)).disconnectSockets());
});

const lines = [];
const show = (value) =>
  JSON.stringify(value, (_key, inner) => (inner?.type === 'Buffer' ? `bytes ${inner.data}` : inner));
const url = await new Promise((resolve) => http.listen(0, () => resolve(`http://localhost:${http.address().port}`)));
const enter = async (name, transports) => {
  const socket = connect(url, { auth: { name }, forceNew: true, transports });
  socket.onAny((...args) => lines.push(`${name} sees ${show(args)}`));
  socket.on('disconnect', (reason) => lines.push(`${name} disconnects: ${reason}`));
  const upgraded = transports.length > 1 && new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
  await new Promise((resolve) => socket.on('connect', resolve));
  await upgraded;
  return socket;
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 120));
const until = async (holds) => {
  for (const end = Date.now() + 15_000; !holds() && Date.now() < end; ) await new Promise((go) => setTimeout(go, 5));
};
/** Waits for this many lines, however slow the machine is, and then a while for unexpected ones. */
const chapter = async (title, count) => {
  await until(() => lines.length >= count);
  await pause();
  console.log(`${title}\n  ${lines.sort().join('\n  ')}`);
  lines.length = 0;
};

const ann = await enter('ann', ['polling']);
const bob = await enter('bob', ['websocket']);
const cho = await enter('조', ['polling', 'websocket']);
await chapter('three people come in', 3);

for (const person of [ann, bob, cho]) lines.push(show(await person.emitWithAck('join', '#lobby')));
lines.push(show(await bob.emitWithAck('join', '#cellar')));
await chapter('they go into rooms', 7);

lines.push(await ann.emitWithAck('say', '#lobby', '안녕 👋'));
bob.emit('say', '#cellar', 'is anybody here?');
cho.emit('image', '#lobby', Buffer.from([1, 2, 3]));
await until(() => lines.length >= 7);
// A volatile event needs clients that can take it at once.
await until(() => [...io.sockets.sockets.values()].every(({ conn }) => conn.transport.writable));
ann.emit('typing', '#lobby');
await chapter('they talk', 9);

for (const [name, auth] of [
  ['nameless', {}],
  ['second ann', { name: 'ann' }],
]) {
  const refused = connect(url, { auth, forceNew: true, reconnection: false });
  const error = await new Promise((resolve) => refused.on('connect_error', resolve));
  lines.push(`${name}: ${error.message} ${show(error.data ?? null)} ${refused.connected}`);
  refused.close();
}
const spy = connect(`${url}/admin`, { auth: { password: 'guess' }, forceNew: true, reconnection: false });
lines.push(`spy: ${(await new Promise((resolve) => spy.on('connect_error', resolve))).message}`);
spy.close();
await chapter('some are refused', 3);

const boss = connect(`${url}/admin`, { auth: { password: 'secret' }, forceNew: true });
lines.push(show(await boss.emitWithAck('rooms')));
boss.emit('close room', '#cellar');
await until(() => lines.length >= 2);
lines.push(show(await boss.emitWithAck('rooms')));
boss.emit('kick', 'bob');
await chapter('the boss cleans up', 8);

lines.push(
  show(
    await io
      .timeout(2000)
      .emitWithAck('nobody answers this')
      .catch((error) => [error.message, error.responses]),
  ),
);
cho.on('count', (done) => done(lines.length > 0 ? 'some' : 'none'));
lines.push(show(await io.to('#lobby').except(users.get('ann')).timeout(15_000).emitWithAck('count')));
await chapter('the server asks', 5);

ann.disconnect();
await chapter('ann leaves', 3);
await io.close();
await chapter('the server closes', 1);
boss.close();
cho.close();
