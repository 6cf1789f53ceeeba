/** A client with declared events. */
import { io, Manager, type Socket } from 'socket.io-client';

interface ServerToClientEvents {
  noArg: () => void;
  basicEmit: (a: number, b: string) => void;
  withAck: (d: string, callback: (e: number) => void) => void;
}

interface ClientToServerEvents {
  hello: () => void;
  ask: (text: string, callback: (answer: string) => void) => void;
}

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('http://localhost:3000', {
  auth: { token: 'abc' },
  transports: ['websocket', 'polling'],
  reconnectionDelayMax: 10_000,
  ackTimeout: 10_000,
  retries: 3,
  extraHeaders: { 'my-custom-header': 'abcd' },
  query: { 'my-key': 'my-value' },
  withCredentials: true,
});

socket.on('connect', () => {
  const engine = socket.io.engine;
  console.log(socket.id, socket.connected, socket.recovered, engine.transport.name);
  engine.once('upgrade', () => console.log(engine.transport.name));
  engine.on('packet', ({ type, data }) => console.log(type, data));
  engine.on('packetCreate', ({ type }) => console.log(type));
  engine.on('drain', () => undefined);
  engine.on('close', (reason) => console.log(reason));
});
socket.on('connect_error', (error) => {
  if (socket.active) console.log(error.message);
  else if (error.message === 'invalid credentials') {
    socket.auth = { token: 'efgh' };
    socket.connect();
  }
});
socket.on('disconnect', (reason, details) => {
  if (reason === 'io server disconnect') socket.connect();
  console.log(reason, details);
});
socket.on('noArg', () => undefined);
socket.on('basicEmit', (a, b) => console.log(a.toFixed(), b.length));
socket.on('withAck', (d, callback) => callback(d.length));
socket.onAny((event, ...args) => console.log(event, args));
socket.onAnyOutgoing((event, ...args) => console.log(event, args));

socket.emit('hello');
socket.volatile.emit('hello');
socket.timeout(5_000).emit('ask', 'text', (error, answer) => console.log(error?.message, answer));

async function ask(): Promise<string> {
  try {
    return await socket.timeout(10_000).emitWithAck('ask', 'text');
  } catch {
    return 'nothing came in time';
  }
}
ask().then((answer) => console.log(answer));

const manager = new Manager('https://example.com', { autoConnect: false, reconnectionAttempts: 3 });
manager.on('reconnect_attempt', (attempt) => console.log(attempt.toFixed()));
manager.on('reconnect_failed', () => undefined);
manager.on('error', (error) => console.log(error.message));
manager.on('ping', () => undefined);
manager.open((error) => console.log(error?.message));
const admin = manager.socket('/admin', { auth: { token: '123' } });
admin.connect().disconnect();
