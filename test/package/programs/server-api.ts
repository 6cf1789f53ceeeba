/** The engine, its events, acknowledgements and catch-all listeners, as the pages on the server's API have them. */
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import express from 'express';
import { Server, type ServerOptions, type Socket } from 'socket.io';

const app = express();
const options: Partial<ServerOptions> = {
  path: '/my-custom-path/',
  serveClient: false,
  pingInterval: 10_000,
  pingTimeout: 5_000,
  maxHttpBufferSize: 1e8,
  transports: ['polling', 'websocket'],
  allowUpgrades: false,
  cookie: { name: 'my-cookie', httpOnly: true, sameSite: 'strict', maxAge: 86_400 },
  cors: { origin: ['https://example.com', /\.example\.com$/], methods: ['GET', 'POST'], credentials: true },
  allowRequest: (req, callback) => callback(null, req.headers.origin === undefined),
  perMessageDeflate: { threshold: 2048 },
  httpCompression: { threshold: 1024 },
  connectTimeout: 45_000,
  allowEIO3: true,
};
const httpsServer = createSecureServer({ key: '', cert: '' }, app);
const io = new Server(options);
io.attach(createServer(app));
io.attach(httpsServer, { path: '/other' });
io.listen(3000);

io.engine.generateId = (req) => `${req.url}-${Date.now()}`;
io.engine.on('connection_error', (err) => {
  console.log(err.req, err.code, err.message, err.context);
});
io.engine.on('initial_headers', (headers, req) => {
  headers.test = '123';
  headers['set-cookie'] = 'mycookie=456';
  console.log(req.url);
});
io.engine.on('headers', (headers, req) => {
  headers.test = '789';
  console.log(req.headers.cookie);
});
io.engine.on('connection', (rawSocket) => {
  rawSocket.peerCertificate = undefined;
  console.log(rawSocket.id);
});
io.engine.use((_req: unknown, res: { setHeader(name: string, value: string): void }, next: () => void) => {
  res.setHeader('x-powered-by', 'me');
  next();
});
console.log(io.engine.clientsCount);

io.on('connection', (socket: Socket) => {
  const transport = socket.conn.transport.name;
  socket.conn.on('upgrade', () => console.log(transport, socket.conn.transport.name));
  socket.conn.once('close', (reason) => console.log(reason));
  socket.conn.on('packet', ({ type, data }) => console.log(type, data));
  console.log(socket.conn.readyState, socket.conn.protocol, socket.request.url);

  socket.onAny((event, ...args) => console.log(event, args));
  socket.prependAny(() => undefined);
  socket.onAnyOutgoing((event, ...args) => console.log(event, args));
  const listener = (eventName: string, ...args: unknown[]): void => console.log(eventName, args);
  socket.onAny(listener);
  socket.offAny(listener);

  socket.use(([event, ...args], next) => {
    if (event === 'forbidden' && args.length > 0) next(new Error('unauthorized event'));
    else next();
  });
  socket.on('error', (error) => {
    if (error.message === 'unauthorized event') socket.disconnect();
  });

  socket.on('request', (arg1, arg2, callback) => {
    console.log(arg1, arg2);
    callback({ status: 'ok' });
  });
  socket.timeout(5_000).emit('request', { foo: 'bar' }, 'baz', (error: Error, response: { status: string }) => {
    console.log(error ? 'the client did not answer' : response.status);
  });
  socket.volatile.emit('position', 1, 2);
  socket.compress(false).emit('uncompressed', 'that is rough');
  socket.once('details', (...args) => console.log(args));
  socket.off('details', listener);
  socket.removeAllListeners('details');
  console.log(socket.eventNames(), socket.listeners('request').length);
});

async function acknowledged(socket: Socket): Promise<void> {
  try {
    const response = await socket.timeout(10_000).emitWithAck('my-event', 'arg');
    const responses = await io.to('room').timeout(10_000).emitWithAck('my-event');
    console.log(response, responses.length);
  } catch (error) {
    console.log(error);
  }
}
io.timeout(10_000).emit('some-event', (error: Error, responses: unknown[]) => console.log(error, responses.length));
io.local.emit('hello');
io.volatile.to('a').emit('hello');
io.once('connection', (socket) => acknowledged(socket));
io.close(() => console.log('closed'));
