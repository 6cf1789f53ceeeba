/** Namespaces, their middleware, rooms, and the events of rooms. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const io = new Server(createServer(), { connectionStateRecovery: { maxDisconnectionDuration: 2 * 60 * 1000 } });

class NotAuthorized extends Error {
  readonly data: { content: string };

  constructor(content: string) {
    super('not authorized');
    this.data = { content };
  }
}

io.use((socket, next) => {
  const { token } = socket.handshake.auth;
  const { authorization, 'x-user': user } = socket.handshake.headers;
  if (token === 'abc' || authorization !== undefined || user === 'me' || socket.handshake.query.token === 'abc') next();
  else next(new NotAuthorized('Please retry later'));
});

const admin = io.of('/admin');
admin.use((socket, next) => {
  const error = Object.assign(new Error('not authorized'), { data: { content: 'Please retry later' } });
  if (socket.handshake.address === '::1' && socket.handshake.secure) next();
  else next(error);
});
admin.use(async (socket, next) => {
  try {
    socket.data.user = await Promise.resolve({ name: 'Ann', roles: ['admin'] });
    next();
  } catch {
    next(new Error('unknown user'));
  }
});
admin.on('connection', (socket) => {
  socket.join(['admins', `user:${socket.data.user.name}`]);
  socket.on('delete user', () => admin.to('admins').emit('deleted', socket.id));
  socket.nsp.to('admins').emit('came', socket.nsp.name);
});

const workspaces = io.of(/^\/\w+$/);
workspaces.use((_socket, next) => next());
workspaces.on('connection', (socket) => {
  const workspace = socket.nsp;
  workspace.emit('hello');
});
io.of((name, auth, next) => {
  next(null, name.startsWith('/dynamic-') && auth.token === 'abc');
}).on('connection', (socket) => console.log(socket.nsp.name));
io.on('new_namespace', (namespace) => {
  namespace.use((_socket, next) => next());
});

io.on('connection', async (socket) => {
  await socket.join('room1');
  socket.to('room1').to('room2').except('room3').emit('event', { any: 'thing' });
  socket.broadcast.emit('everybody else');
  await socket.leave('room1');
  socket.on('disconnecting', (reason) => {
    for (const room of socket.rooms) if (room !== socket.id) socket.to(room).emit('user has left', socket.id, reason);
  });
  socket.on('disconnect', (reason, description) => console.log(reason, description));
  if (socket.recovered) console.log('welcome back');
  console.log(io.sockets.adapter.rooms.get('room1')?.size, io.sockets.adapter.sids.get(socket.id)?.has('room1'));
  console.log(io.of('/').sockets.get(socket.id)?.connected, io.of('/').sockets.size);
});
io.of('/').adapter.on('create-room', (room) => console.log(`room ${room} was created`));
io.of('/').adapter.on('join-room', (room, id) => console.log(`socket ${id} has joined room ${room}`));
io.of('/').adapter.on('leave-room', (room, id) => console.log(`socket ${id} has left room ${room}`));
io.of('/').adapter.on('delete-room', (room) => console.log(room));

async function everybody(): Promise<void> {
  const sockets = await io.of('/admin').in('room1').fetchSockets();
  for (const socket of sockets) {
    socket.emit('hello', socket.data.user);
    socket.join('room2');
    socket.leave('room1');
    socket.disconnect(true);
  }
  io.in('room1').except('room2').socketsJoin(['room3', 'room4']);
  io.in('room1').socketsLeave('room3');
  io.of('/admin').in('room1').disconnectSockets(true);
  const ids = await io.in('room1').allSockets();
  console.log(ids.has('x'));
}
everybody().then(() => io.close());
