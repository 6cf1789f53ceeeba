/** A server with declared events, as the page on TypeScript has it. */
import { type DefaultEventsMap, type Namespace, type RemoteSocket, Server, type Socket } from 'socket.io';

interface ServerToClientEvents {
  noArg: () => void;
  basicEmit: (a: number, b: string, c: Buffer) => void;
  withAck: (d: string, callback: (e: number) => void) => void;
}

interface ClientToServerEvents {
  hello: () => void;
  'create room': (
    name: string,
    callback: (res: { ok: true; id: number } | { ok: false; error: string }) => void,
  ) => void;
}

interface InterServerEvents {
  ping: () => void;
}

interface SocketData {
  name: string;
  age: number;
}

type MySocket = Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;
type MyServer = Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;

const io: MyServer = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(3000);

io.on('connection', (socket) => {
  socket.emit('noArg');
  socket.emit('basicEmit', 1, '2', Buffer.from([3]));
  socket.emit('withAck', '4', (e) => console.log(e.toFixed()));
  socket.on('hello', () => undefined);
  socket.on('create room', (name, callback) =>
    callback(name === '' ? { ok: false, error: 'no' } : { ok: true, id: 1 }),
  );
  socket.data.name = 'john';
  socket.data.age = 42;
});
io.emit('noArg');
io.to('room1').emit('basicEmit', 1, '2', Buffer.from([3]));
io.serverSideEmit('ping');
io.on('ping', () => undefined);

const registerRoomHandlers = (server: MyServer, socket: MySocket): void => {
  socket.on('create room', (_name, callback) => callback({ ok: true, id: server.of('/').sockets.size }));
};
io.on('connection', (socket) => registerRoomHandlers(io, socket));

interface UserEvents {
  'user:update': (id: string, callback: () => void) => void;
}
const users: Namespace<UserEvents, ServerToClientEvents, InterServerEvents, SocketData> = io.of('/users');
users.on('connection', (socket) => {
  socket.on('user:update', (id, callback) => {
    socket.to(id).emit('noArg');
    callback();
  });
});

class NotificationService {
  readonly #io: Server<DefaultEventsMap, ServerToClientEvents>;

  constructor(server: Server<DefaultEventsMap, ServerToClientEvents>) {
    this.#io = server;
  }

  notify(room: string): void {
    this.#io.to(room).emit('noArg');
  }
}
new NotificationService(new Server<DefaultEventsMap, ServerToClientEvents>()).notify('a');

async function list(): Promise<RemoteSocket<ServerToClientEvents, SocketData>[]> {
  const sockets = await io.fetchSockets();
  for (const socket of sockets) console.log(socket.id, socket.handshake.headers, socket.rooms.size, socket.data.age);
  return sockets;
}
list().then((sockets) => sockets[0]?.timeout(1_000).emit('withAck', '5', (error, answer) => [error.message, answer]));
