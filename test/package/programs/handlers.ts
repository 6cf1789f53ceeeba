/**
 * Listeners in files of their own, tokens and errors, as the pages on application structure and on middleware have
 * them.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type DisconnectReason, type ExtendedError, Server, Socket } from 'socket.io';
import { io as connect } from 'socket.io-client';

declare function verify(token: string, secret: string): { sub: string };

type Next = (error?: ExtendedError) => void;

const io = new Server(createServer(), { cors: { origin: '*' } });

function authenticate(socket: Socket, next: Next): void {
  const header = socket.handshake.headers.authorization;
  if (!header?.startsWith('bearer ')) {
    next(new Error('invalid token'));
    return;
  }
  socket.data.user = verify(header.slice(7), 'secret');
  next();
}

function registerOrders(server: Server, socket: Socket): void {
  const createOrder = (payload: { id: string }, callback?: (answer: { status: string }) => void): void => {
    server.to(`order:${payload.id}`).emit('order:created', payload);
    callback?.({ status: 'OK' });
  };
  function readOrder(this: Socket, id: string, callback: (order: { id: string }) => void): void {
    this.join(`order:${id}`);
    callback({ id });
  }
  socket.on('order:create', createOrder);
  socket.on('order:read', readOrder);
}

io.use(authenticate);
io.of('/orders').use(authenticate);
io.on('connection', (socket) => {
  registerOrders(io, socket);
  socket.on('upload', (file: Buffer, callback: (answer: { message: string }) => void) => {
    callback({ message: file.length > 0 ? 'success' : 'failure' });
  });
  socket.emit('file', readFileSync('/dev/null'), new Uint8Array([1]), new Date(), ['a', { b: Buffer.of(1) }]);
  socket.on('disconnect', (reason: DisconnectReason) => console.log(reason));
  console.log(socket instanceof Socket, socket.handshake.issued, socket.handshake.time, socket.handshake.xdomain);
});

const users = new Map<string, Socket>();
io.on('connection', (socket) => {
  users.set(socket.data.user.sub, socket);
  socket.on('disconnect', () => users.delete(socket.data.user.sub));
  socket.on('private message', ({ content, to }) => {
    users.get(to)?.emit('private message', { content, from: socket.id });
  });
});

const client = connect('http://localhost:3000', { auth: (callback) => callback({ token: 'abc' }) });
client.on('connect_error', (error) => console.log(error instanceof Error, error.message));
client.on('order:created', (order) => console.log(order.id));
client.emit('order:create', { id: '1' }, (answer: { status: string }) => console.log(answer.status));
client.io.on('reconnect', (attempt) => console.log(attempt));
client.io.opts.query = { x: '42' };
