// A server of the soak, in its own process, on the built package. It has every wire, one folder for the log, and every
// kind of ending. With workers/program.mjs it is one of several workers, which end as `cluster` has them end.
import nodeCluster from 'node:cluster';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { stomp } from '@naru/stomp';
import { Server } from 'naru';
import { Words } from './halls/words.mjs';
import { openBackplane, STOMP_OPTIONS } from './setting.mjs';

const setup = JSON.parse(process.argv[2]);
const { home, options } = setup;
const isWorker = nodeCluster.isWorker;
/** The number of this process among all that the soak starts. */
const boot = isWorker ? nodeCluster.worker.id : setup.boot;
/** Workers share ports. Any other server has its own. */
const ports = setup.ports ?? { http: 0, tcp: 0, stomp: 0 };
const isRemote = home.kind !== 'folder';
const backplane = await openBackplane(home);
/** Tells the soak the state of the home. */
const tellState = (state, isFirst = false) => process.connected && process.send({ state, isFirst, at: Date.now() });
backplane.onState?.((state) => tellState(state));
const http = createServer();
const links = setup.linkPort && { address: `tcp://127.0.0.1:${setup.linkPort}`, secret: setup.secrets };
const wires = [stomp(STOMP_OPTIONS)];
const io = new Server(http, { printNodes: false, ...options, backplane, wires, events: true, ...(links && { links }) });
tellState(io.backplane.state, true);

/** The number of tags for each process. Tags are unique over all processes, and exact as numbers. */
const TAGS_OF_EACH = 1e9;
let tags = 0;

/** Milliseconds after which a server that has not ended is reported. */
const LONG_MS = 10_000;

/** Sends a message to a room. Each message has its own tag, so that a duplicate is recognised. */
function say(room, n, size = 0, extra = []) {
  tags += 1;
  const tag = boot * TAGS_OF_EACH + tags;
  // The last argument is a text, a number or large, because offsets must not be mistaken for arguments.
  const pad = size > 0 ? ['x'.repeat(size)] : n % 3 === 0 ? ['the end'] : [];
  if (n % 50 === 0) io.to(room).volatile.emit('v', 'not kept');
  io.to(room).emit('m', tag, Date.now(), n, ...extra, ...pad);
  return tag;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The number of groups. Each client with a handshake of its own is in one of them as long as its session lasts. */
const GROUPS = 16;
/** All clients with a handshake of their own are present here. */
const lobby = io.presence('lobby');
/** Milliseconds that clients have to answer a question. */
const ANSWER_MS = 4_000;

const words = new Words(io, boot, (message) => process.connected && process.send(message));
io.allow({
  subscribe(socket, room) {
    words.note(socket, room);
    return true;
  },
  history: true,
  publish: (_socket, room, _event, [n]) => Number.isSafeInteger(n) && (() => say(room, n)),
});
io.on('side', (value, answer) => answer({ boot, value }));
io.on('connection', (socket) => {
  const { index, attempt } = socket.handshake.auth;
  if (Number.isSafeInteger(index)) {
    if (!socket.recovered) socket.join(`group-${index % GROUPS}`);
    // From this place in the log on, the socket is here.
    io.to('marks').emit('here', index, attempt, io.node);
    lobby.join(socket, { id: String(index) });
  }
  words.listenTo(socket);
  socket.on('enter', (room, attempt, ack) => {
    socket.join(room);
    // From here on the socket receives all messages of the room.
    say(room, -1, 0, [attempt]);
    ack?.();
  });
  socket.on('say', (n, room, ack) => {
    say(room, n);
    ack?.(n);
  });
});
/** The parts of an error that cross to the soak. */
function factsOf(error) {
  return error && { code: error.code, message: error.message, missing: error.missing };
}

/** Finds the sockets of all processes. Some may be missing. */
async function fetchAll() {
  try {
    return { sockets: await io.fetchSockets(), missing: [] };
  } catch (error) {
    return { sockets: error.sockets, ...factsOf(error) };
  }
}

/** Whether the messages of earlier turns are in the log, for the calls that ask next. */
let nextCheck;
let checking = Promise.resolve();

/** Waits until the messages of this turn are in the log. Resolves with `false` if that is not known. */
async function areKept() {
  await turn();
  await turn();
  if (!isRemote) return true;
  // One question at a time is enough for all calls that wait.
  nextCheck ??= checking.then(() => {
    nextCheck = undefined;
    const check = isHomeThere();
    checking = check.then(() => undefined);
    return check;
  });
  return nextCheck;
}

/** Whether the home has answered after all that this process has emitted so far. */
async function isHomeThere() {
  try {
    // A page contains what was emitted earlier.
    await io.history('room-0', { limit: 1 });
    return true;
  } catch {
    return false;
  }
}

/** Whether the home has stored all answers to events with keys that this process has given so far. */
async function areAnswersStored() {
  // A home stores an answer after the events before it, and a list has what was stored before it. The space keeps it
  // from reading all texts.
  return (await isHomeThere()) && (await backplane.store.list('soak ', 1).then(Boolean, () => false));
}

let logErrors = 0;
let secretErrors = 0;
io.engine.on('link_error', ({ message }) => {
  if (message.includes('secret')) secretErrors += 1;
  console.error(message);
});
io.engine.on('log_error', (error) => {
  // The soak takes the home away. The checker judges what clients notice of it.
  const isAway = isRemote && ['CONNECT_FAILED', 'TIMEOUT'].includes(error.cause?.code);
  if (!isAway) logErrors += 1;
  console.error('log_error', error);
});

const calls = {
  /** Sends numbered messages, of `size` bytes if they are meant to fill the buffers of slow readers. */
  async say({ items, size }) {
    const said = [];
    for (const [n, room] of items) {
      said.push(say(room, n, size));
      if (said.length % 7 === 0) await turn();
    }
    return (await areKept()) ? said : undefined;
  },
  /** Changes sockets of all processes, and sends messages, in one turn. */
  async far({ deeds }) {
    for (const [name, target, room] of deeds) {
      if (name === 'join') io.in(target).socketsJoin(room);
      else if (name === 'leave') io.in(target).socketsLeave(room);
      else say(room, -1);
    }
    await turn();
    await turn();
    return true;
  },
  /** Disconnects a socket of another process, between two messages to it. `part` chooses the socket. */
  async kick({ part, close }) {
    const { sockets, missing } = await fetchAll();
    const far = sockets.filter(
      ({ id, handshake }) => Number.isSafeInteger(handshake.auth.index) && !io.sockets.sockets.has(id),
    );
    const id = far[Math.floor(part * far.length)]?.id;
    if (id !== undefined) {
      say(id, -1);
      io.in(id).disconnectSockets(close);
      say(id, -1);
    }
    await turn();
    await turn();
    return { missing, isDone: id !== undefined };
  },
  /** Asks the clients of rooms in all processes. */
  ask: ({ question, rooms }) =>
    new Promise((resolve) => {
      io.to(rooms)
        .timeout(ANSWER_MS)
        .emit('q', question, (error, responses) => resolve({ error: factsOf(error), responses }));
    }),
  /** Asks the other processes. */
  async side({ value }) {
    try {
      return { responses: await io.serverSideEmitWithAck('side', value), missing: [] };
    } catch (error) {
      return { ...factsOf(error), responses: error.responses };
    }
  },
  async fetch() {
    const { sockets, missing, ...rest } = await fetchAll();
    return { ids: sockets.map(({ id }) => id), missing, ...rest };
  },
  present: async () => (await lobby.list(10_000)).map(({ id }) => Number(id)),
  rest: () => words.rest(),
  state() {
    const status = readFileSync('/proc/self/status', 'utf8');
    const rss = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1024;
    return { rss, sockets: io.sockets.sockets.size, logErrors, secretErrors };
  },
};

process.on('message', async ({ id, name, args }) => {
  // A worker also gets the messages of its primary.
  if (name === undefined) return;
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});

/** Drains, and ends the process. */
async function leave() {
  let stage = 'drains';
  words.rest();
  setTimeout(async () => {
    const open = await new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));
    console.error(
      `server ${boot} takes long to end: it ${stage}, ${io.engine.clientsCount} clients, ${open} connections`,
    );
  }, LONG_MS).unref();
  await io.drain();
  stage = 'closes';
  // Requests whose answers nobody reads are cut off, as in `naru serve`.
  setTimeout(() => http.closeAllConnections(), 1_000).unref();
  await io.close();
  stage = 'closes the log';
  const asked = Date.now();
  await backplane.close();
  if (process.connected) await new Promise((resolve) => process.send({ stored: { asked, at: Date.now() } }, resolve));
  process.exit(0);
}

if (!isWorker) {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => void leave());
}

/** Milliseconds between two requests that show whether the home answers. */
const BEAT_MS = 200;

/** Tells when the home has answered. */
async function beat() {
  for (; process.connected; await new Promise((resolve) => setTimeout(resolve, BEAT_MS))) {
    // The next request shows when the home is back.
    if ((await isHomeThere()) && process.connected) process.send({ beat: Date.now() });
  }
}

/** Tells up to when the home has stored the answers to events with keys. */
async function tellStored() {
  for (; process.connected; await new Promise((resolve) => setTimeout(resolve, BEAT_MS))) {
    const asked = Date.now();
    if ((await areAnswersStored()) && process.connected) process.send({ stored: { asked, at: Date.now() } });
  }
}

/** The exit code of a server that cannot begin because its home is away. */
const AWAY = 75;

async function begin() {
  http.listen(ports.http, '127.0.0.1');
  await once(http, 'listening');
  io.listen(`tcp://127.0.0.1:${ports.tcp}`);
  io.listen(`stomp://127.0.0.1:${ports.stomp}`);
  try {
    await io.ready();
  } catch (error) {
    if (!isRemote) throw error;
    process.exit(AWAY);
  }
  if (isRemote) void beat();
  if (isRemote) void tellStored();
  if (setup.hasHalls) words.begin();
  const [tcp, stomp] = io.endpoints.map(({ address }) => address.port);
  // While the home is away, nobody knows the nodes.
  const nodes = await io.fetchNodes().catch(() => []);
  const { version } = nodes.find(({ code }) => code === io.node) ?? {};
  process.send({ ports: { http: http.address().port, tcp, stomp }, node: io.node, version });
  return io;
}

/** The server, once it takes traffic. */
export const served = begin();
