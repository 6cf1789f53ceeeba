/**
 * The types of the entry `naru`: checked by `npm run types`, never run. The same claims hold for the types of Socket.IO
 * 4.8.
 */
import { createServer } from 'node:http';
import type {
  BroadcastOperator,
  DefaultEventsMap,
  DisconnectReason,
  Event,
  ExtendedError,
  RemoteSocket,
  ServerOptions,
} from '../../packages/naru/src/entry/index.js';
import { Namespace, Server, Socket } from '../../packages/naru/src/entry/index.js';
import { has, same } from './equal.js';

type Anything = Parameters<DefaultEventsMap[string]>[number];

// As in the documentation of Socket.IO.
export const compressed: Partial<ServerOptions> = {
  perMessageDeflate: {
    threshold: 2048,
    zlibDeflateOptions: { chunkSize: 8 * 1024 },
    zlibInflateOptions: { windowBits: 14, memLevel: 7 },
    clientNoContextTakeover: true,
    serverNoContextTakeover: true,
    serverMaxWindowBits: 10,
    concurrencyLimit: 20,
  },
};

interface FromClient {
  ready: () => void;
  say: (text: string) => void;
  ask: (text: string, count: number, ack: (answer: string, code: number) => void) => void;
}

interface ToClient {
  ready: () => void;
  tell: (text: string, count: number) => void;
  request: (text: string, ack: (answer: boolean, code: string) => void) => void;
  confirm: (ack: () => void) => void;
  message: (text: string, count: number) => void;
}

interface BetweenServers {
  alive: () => void;
  moved: (name: string, count: number) => void;
  count: (room: string, ack: (found: number) => void) => void;
}

interface Data {
  name: string;
  age: number;
}

// `ToClient` after `timeout`, in a broadcast, and in a broadcast after `timeout`.
interface WithError extends Omit<ToClient, 'request' | 'confirm'> {
  request: (text: string, ack: (error: Error, answer: boolean, code: string) => void) => void;
  confirm: (ack: (error: Error) => void) => void;
}
interface ToMany extends Omit<ToClient, 'request'> {
  request: (text: string, ack: (answers: boolean[]) => void) => void;
}
interface ToManyWithError extends Omit<ToClient, 'request' | 'confirm'> {
  request: (text: string, ack: (error: Error, answers: boolean[]) => void) => void;
  confirm: (ack: (error: Error) => void) => void;
}

type TypedServer = Server<FromClient, ToClient, BetweenServers, Data>;
type TypedSocket = Socket<FromClient, ToClient, BetweenServers, Data>;

export function withoutEvents(): void {
  const io = new Server(createServer());
  io.on('connection', (socket) => {
    same<Socket, typeof socket>(true);
    same<Anything, typeof socket.data>(true);
    socket.on('disconnect', (reason, description) => {
      same<DisconnectReason, typeof reason>(true);
      same<Anything, typeof description>(true);
    });
    socket.on('disconnecting', (reason) => same<DisconnectReason, typeof reason>(true));
    socket.on('error', (error) => same<Error, typeof error>(true));
    socket.once('anything', (one, two) => {
      same<Anything, typeof one>(true);
      same<Anything, typeof two>(true);
    });
    socket.emit('anything', 1, '2', [3], { four: Buffer.from([4]) });
    socket.emit('with ack', (answer: string) => answer);
    socket.send(1, '2');
    socket.write();
    socket.broadcast.emit('anything');
    socket.to('room').except(['one', 'two']).emit('anything', 1);
    has<Promise<string>>(socket.emitWithAck('anything', 1));
    has<Promise<string>>(socket.timeout(1).emitWithAck('anything'));
  });
  io.emit('anything', 1, '2', Server);
  io.of('/of').emit('anything');
  io.send();
  has<Promise<number[]>>(io.timeout(1).emitWithAck('anything', 1));
  has<Promise<number[]>>(io.to('room').emitWithAck('anything', 1));
  has<(name: string, ...args: unknown[]) => Promise<unknown>>(io.to('room').emitWithAck<string>);
  io.serverSideEmit('anything', 1);
  io.on('anything', (one) => same<Anything, typeof one>(true));
}

export function listening(io: TypedServer): void {
  io.on('connection', (socket) => {
    same<TypedSocket, typeof socket>(true);
    socket.on('ready', (...args) => same<[], typeof args>(true));
    socket.on('say', (text) => same<string, typeof text>(true));
    socket.once('ask', (text, count, ack) => {
      same<string, typeof text>(true);
      same<number, typeof count>(true);
      same<(answer: string, code: number) => void, typeof ack>(true);
      ack('yes', 1);
    });
    socket.on('say', async (text) => void text);
    // @ts-expect-error an event that goes to the client cannot be listened to
    socket.on('tell', () => undefined);
    // @ts-expect-error there is no third argument
    socket.on('say', (text: string, more: string, third: string) => [text, more, third]);
    // @ts-expect-error the text is no number
    socket.on('say', (text: number) => text);
    // @ts-expect-error a listener is missing
    socket.on('say');
    // @ts-expect-error a number is no name
    socket.on(2, () => undefined);
    // @ts-expect-error the acknowledgement takes a text first
    socket.on('ask', (_text, _count, ack) => ack(1, 1));
  });
  io.on('new_namespace', (namespace) =>
    same<Namespace<FromClient, ToClient, BetweenServers, Data>, typeof namespace>(true),
  );
  // @ts-expect-error clients' events come to sockets, not to the server
  io.on('say', () => undefined);
}

export function emitting(socket: TypedSocket, io: TypedServer): void {
  socket.emit('ready');
  socket.emit('tell', 'text', 1);
  socket.emit('request', 'text', (answer, code) => {
    same<boolean, typeof answer>(true);
    same<string, typeof code>(true);
  });
  socket.emit('confirm', () => undefined);
  socket.send('text', 1);
  // @ts-expect-error an event of the client cannot be emitted
  socket.emit('say', 'text');
  // @ts-expect-error the count is missing
  socket.emit('tell', 'text');
  // @ts-expect-error the acknowledgement is missing
  socket.emit('request', 'text');
  // @ts-expect-error `message` has a number
  socket.send('text', 'text');
  for (const many of [io, io.of('/')]) {
    many.emit('tell', 'text', 1);
    many.send('text', 1);
    // @ts-expect-error a broadcast that is acknowledged needs a timeout
    many.emit('request', 'text', () => undefined);
    // @ts-expect-error a broadcast that is acknowledged needs a timeout
    many.emit('confirm', () => undefined);
    // @ts-expect-error arguments are missing
    many.send();
  }
  const silent = new Server<FromClient, FromClient>();
  // @ts-expect-error there is no event `message`
  silent.send('text');
  // @ts-expect-error there is no event `message`
  silent.of('/of').send();
}

export async function acknowledged(socket: TypedSocket): Promise<void> {
  same<boolean, Awaited<ReturnType<typeof socket.emitWithAck<'request'>>>>(true);
  has<boolean>(await socket.emitWithAck('request', 'text'));
  has<boolean>(await socket.timeout(1).emitWithAck('request', 'text'));
  // @ts-expect-error the event asks for no acknowledgement
  socket.emitWithAck('tell', 'text', 1);
  // @ts-expect-error the event asks for no acknowledgement
  socket.emitWithAck('ready');
  // @ts-expect-error the text is missing
  socket.emitWithAck('request');
  socket.timeout(1).emit('request', 'text', (error, answer, code) => {
    same<Error, typeof error>(true);
    same<boolean, typeof answer>(true);
    same<string, typeof code>(true);
  });
  socket.timeout(1).emit('confirm', (error) => same<Error, typeof error>(true));
  // @ts-expect-error after `timeout` the error comes first
  socket.timeout(1).emit('request', 'text', (answer: boolean) => answer);
}

export async function broadcasting(io: TypedServer, socket: TypedSocket): Promise<void> {
  for (const many of [io, io.of('/')]) {
    has<BroadcastOperator<ToMany, Data>[]>([
      many.to('1'),
      many.in(['1', '2']),
      many.except('1'),
      many.local,
      many.volatile,
      many.compress(true),
    ]);
    has<BroadcastOperator<ToManyWithError, Data>>(many.timeout(1));
    has<BroadcastOperator<ToManyWithError, Data>>(many.timeout(1).timeout(1).to('1').volatile.local);
  }
  has<BroadcastOperator<ToMany, Data>[]>([socket.to('1'), socket.in('1'), socket.except('1'), socket.broadcast]);
  has<BroadcastOperator<ToManyWithError, Data>>(socket.timeout(1).broadcast);
  has<BroadcastOperator<ToManyWithError, Data>>(socket.broadcast.timeout(1).timeout(1));
  has<Socket<FromClient, WithError, BetweenServers, Data>>(socket.timeout(1));
  io.timeout(1).emit('request', 'text', (error, answers) => {
    same<Error, typeof error>(true);
    same<boolean[], typeof answers>(true);
  });
  io.to('1').emit('request', 'text', (answers) => same<boolean[], typeof answers>(true));
  has<boolean[]>(await io.to('1').timeout(1).emitWithAck('request', 'text'));
  same<never, Parameters<BroadcastOperator<ToMany, Data>['emitWithAck']>[0]>(true);
  // @ts-expect-error without a timeout nobody would ever say that somebody did not answer
  io.to('1').emitWithAck('request', 'text');
  // @ts-expect-error the event asks for no acknowledgement
  io.timeout(1).emitWithAck('tell');
}

export async function betweenServers(io: TypedServer): Promise<void> {
  io.serverSideEmit('alive');
  io.of('/of').serverSideEmit('moved', 'name', 1);
  io.on('moved', (name, count) => {
    same<string, typeof name>(true);
    same<number, typeof count>(true);
  });
  io.of('/of').on('alive', (...args) => same<[], typeof args>(true));
  io.on('count', (...args) => same<[room: string, ack: (found: number) => void], typeof args>(true));
  io.serverSideEmit('count', 'room', (error, found) => {
    same<Error, typeof error>(true);
    same<number[], typeof found>(true);
  });
  has<number[]>(await io.serverSideEmitWithAck('count', 'room'));
  // @ts-expect-error the event asks for no acknowledgement
  io.serverSideEmitWithAck('moved', 'name', 1);
  // @ts-expect-error the event goes to clients
  io.serverSideEmit('tell', 'text', 1);
}

export async function socketsAndData(io: TypedServer, socket: TypedSocket): Promise<void> {
  same<Data, typeof socket.data>(true);
  socket.data.name = 'name';
  // @ts-expect-error the age is a number
  socket.data.age = 'age';
  const found = await io.in('room').fetchSockets();
  has<RemoteSocket<ToMany, Data>[]>(found);
  for (const each of await io.fetchSockets()) {
    same<number, typeof each.data.age>(true);
    each.emit('tell', 'text', 1);
    each.timeout(1).emit('request', 'text', (error, answer) => {
      same<Error, typeof error>(true);
      same<boolean, typeof answer>(true);
    });
    each.join(['1', '2']);
    each.leave('1');
    each.disconnect(true);
    has<string>(each.handshake.headers.authorization ?? '');
  }
  io.socketsJoin('1');
  io.in('1').socketsLeave(['2', '3']);
  io.of('/').disconnectSockets(true);
  has<Map<string, TypedSocket>>(io.of('/').sockets);
}

export function middleware(io: TypedServer, socket: TypedSocket): void {
  io.use((each, next) => {
    same<TypedSocket, typeof each>(true);
    const refusal: ExtendedError = new TypeError('no');
    refusal.data = { code: 1 };
    each.handshake.auth.token ? next() : next(refusal);
  });
  socket.use((event, next) => {
    same<Event, typeof event>(true);
    const [name, ...args] = event;
    same<string, typeof name>(true);
    args.length > 1 ? next(new TypeError('no')) : next();
  });
  socket.onAny((name: string, ...args: unknown[]) => [name, args]);
  socket.prependAny(() => undefined).offAny();
  socket.onAnyOutgoing(() => undefined).prependAnyOutgoing(() => undefined);
  socket.offAnyOutgoing(socket.listenersAnyOutgoing()[0]);
  io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
  io.engine.on('connection_error', (error) => error.code);
  io.engine.generateId = () => 'id';
  has<number>(io.engine.clientsCount);
}

export function namespaces(io: TypedServer): void {
  interface Own {
    own: (count: number) => void;
  }
  const own: Namespace<Own, Own, Own, { role: string }> = io.of('/own');
  own.on('connection', (socket) => {
    same<Socket<Own, Own, Own, { role: string }>, typeof socket>(true);
    socket.on('own', (count) => same<number, typeof count>(true));
  });
  io.of(/^\/pattern-\d+$/, (socket) => same<TypedSocket, typeof socket>(true));
  io.of((name, auth, next) => {
    same<string, typeof name>(true);
    next(null, auth.token === name);
  });
}

export function constructors(): void {
  const options: Partial<ServerOptions> = { cors: { origin: '*' }, connectionStateRecovery: {}, pingInterval: 1 };
  const servers: Server[] = [new Server(), new Server(3000), new Server(options), new Server(createServer(), options)];
  new Server(3000, { transports: ['websocket'], allowEIO3: true, cookie: { name: 'io', maxAge: 1 } });
  new Server({ cors: { origin: ['https://one.example', /two/], credentials: true } });
  new Server({ cors: { origin: (origin, callback) => callback(null, origin === 'https://one.example') } });
  new Server({ cors: (request, callback) => callback(null, { origin: request.headers.host === 'own.example' }) });
  // @ts-expect-error an origin is no number
  new Server({ cors: { origin: 1 } });
  // @ts-expect-error there is no transport of that name
  new Server({ transports: ['smoke'] });
  class Own extends Server<FromClient, ToClient, BetweenServers, Data> {
    greet(): void {
      this.emit('tell', 'hello', 1);
    }
  }
  has<TypedServer>(new Own(3000));
  for (const server of servers) {
    server.attach(createServer()).listen(3000, options).path('/path').serveClient(false).connectTimeout(1);
    has<[string, boolean, number]>([server.path(), server.serveClient(), server.connectTimeout()]);
    has<Promise<void>>(server.close((error) => error?.message));
  }
}

export function classes(value: unknown, io: TypedServer): string {
  has<NodeJS.EventEmitter>(io);
  if (value instanceof Socket) return value.id;
  if (value instanceof Namespace) return value.name;
  if (value instanceof Server) return value.path();
  return '';
}

/** A function without event types accepts servers and sockets that declare theirs. */
export function loosely(io: TypedServer, socket: TypedSocket): void {
  const takesSocket = (each: Pick<Socket, 'id' | 'handshake' | 'join'>): string => each.id;
  takesSocket(socket);
  has<NodeJS.EventEmitter>(socket);
  has<Pick<Server, 'close' | 'engine'>>(io);
}

/** Generic code over event maps compiles. */
export class Chat<Listen extends DefaultEventsMap, Emit extends DefaultEventsMap> {
  readonly io = new Server<Listen, Emit>();
  start(): void {
    this.io.on('connection', (socket) => {
      socket.on('disconnect', (reason) => same<DisconnectReason, typeof reason>(true));
    });
  }
}
