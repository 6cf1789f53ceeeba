/** The two clients of Debian's python3-socketio against our server. */
import { describe, expect, it } from 'vitest';
import { MODE_NAMES, type Mode, pairOf, type Socket, type Stage, stage, until } from './harness.js';
import { isPeerRequired, type Kind, runPython, whyNoPython } from './python.js';

const missing = whyNoPython();
const pair = await pairOf({ server: 'naru', client: 4 });
if (missing && !isPeerRequired) console.warn(`SKIPPED: all tests with the Python client. ${missing}`);

type Ack = (...args: unknown[]) => void;

it.runIf(missing && isPeerRequired)('has the Python peer, which is required here', () => {
  expect(missing).toBeUndefined();
});

describe.skipIf(missing).each(['sync', 'asyncio'] as const)('the %s client of python3-socketio', (kind) => {
  describe.each(MODE_NAMES)('by %s', (mode) => {
    talks(kind, mode);
    orders(kind, mode);
    names(kind, mode);
    leaves(kind, mode);
    beats(kind, mode);
  });
});

/** The client's name for its transport. A client that may upgrade has done so, or is about to. */
const TRANSPORT: Record<Mode, RegExp> = {
  polling: /^polling$/,
  websocket: /^websocket$/,
  upgrade: /^(polling|websocket)$/,
};

function talks(kind: Kind, mode: Mode): void {
  it('exchanges events, acks and bytes both ways, rooms, auth, headers, unicode, 500 kB', {
    timeout: 45_000,
  }, async () => {
    const server = await stage(pair);
    const handshakes: unknown[] = [];
    const ids: string[] = [];
    server.io.on('connection', (socket) => {
      handshakes.push([socket.handshake.auth, socket.handshake.headers['x-token']]);
      ids.push(socket.id);
      converse(server, socket);
    });
    const result = await runPython(server.url, kind, mode, 'talk');
    expect(handshakes).toEqual([[{ token: '나루' }, 'abc']]);
    expect(result.hello).toEqual(['hello', 'from server', 1, { bytes: 'bytes:0102' }]);
    expect(result.echoed).toEqual([{ text: '한글 👩‍👩‍👧', list: [1, null, true] }, 'bytes:0001ff', 'last']);
    expect(result.answered).toEqual(['answered', [2, { again: 'bytes:09' }]]);
    expect(result.news).toEqual(['news', 'of the room', 'bytes:07']);
    expect(result.large).toBe(500_000);
    expect(result.sid).toBe(ids[0]);
    expect(result.transport).toMatch(TRANSPORT[mode]);
  });
}

function converse(server: Stage, socket: Socket): void {
  socket.emit('hello', 'from server', 1, { bytes: Buffer.from([1, 2]) });
  socket.on('echo', (...args: unknown[]) => (args.pop() as Ack)(...args));
  socket.on('measure', (text: string, ack: Ack) => ack(text.length));
  socket.on('join', (room: string) => {
    socket.join(room);
    server.io.to(room).emit('news', 'of the room', Buffer.from([7]));
  });
  socket.on('ask me', () => {
    socket.emit('question', 1, Buffer.from([9]), (...answer: unknown[]) => socket.emit('answered', answer));
  });
}

function orders(kind: Kind, mode: Mode): void {
  it('keeps the order of 500 events each way', { timeout: 45_000 }, async () => {
    const server = await stage(pair);
    const inbound: number[] = [];
    server.io.on('connection', (socket) => {
      let sent = 0;
      socket.on('portion', () => {
        for (const end = sent + 10; sent < end; sent++) {
          socket.emit('n', sent, sent % 3 === 0 ? Buffer.alloc(sent % 40, sent) : 'text');
        }
      });
      socket.on('n', (n: number) => inbound.push(n));
      socket.on('count', (ack: Ack) => ack(inbound.length));
    });
    expect(await runPython(server.url, kind, mode, 'order')).toEqual({ inOrder: true, count: 500 });
    expect(inbound).toEqual(Array.from({ length: 500 }, (_, index) => index));
  });
}

function names(kind: Kind, mode: Mode): void {
  it('uses static and dynamic namespaces, and learns why one refuses it', { timeout: 45_000 }, async () => {
    const server = await stage(pair);
    const greet = (socket: Socket): void => {
      socket.emit('hello', socket.nsp.name);
      socket.on('echo', (value: unknown, ack: Ack) => ack(value));
    };
    server.io.of('/one').on('connection', greet);
    server.io.of(/^\/dynamic-\d$/).on('connection', greet);
    server.io.of('/guarded').use((_socket, proceed) => proceed(Object.assign(new Error('no'), { data: { code: 7 } })));
    const result = await runPython(server.url, kind, mode, 'namespaces');
    expect(result.hellos).toEqual(['/dynamic-7', '/one']);
    expect(result.answer).toBe('in one');
    expect(result.refused).not.toBe('no');
    expect(result.error).toEqual({ message: 'no', data: { code: 7 } });
  });
}

function leaves(kind: Kind, mode: Mode): void {
  it('reconnects after a break, and stays away after the server disconnected it', { timeout: 45_000 }, async () => {
    const server = await stage(pair);
    const reasons: string[] = [];
    server.io.on('connection', (socket) => {
      // Over polling, this client takes the server's close packet for a goodbye, and does not reconnect.
      socket.on('break', async () => {
        if (mode !== 'polling') return socket.conn.close();
        // The client does not notice a break between two polls, so the test waits for a poll that it can break.
        await until(() => socket.conn.transport.writable);
        server.http.closeAllConnections();
      });
      socket.on('kick', () => socket.disconnect());
      socket.on('disconnect', (reason) => reasons.push(reason));
    });
    const result = await runPython(server.url, kind, mode, 'leaving');
    expect(result.seen).toEqual(['connect', 'disconnect', 'connect', 'disconnect']);
    // The server notices a client that was cut off between two polls only at the next ping.
    expect(reasons.at(-1)).toBe('server namespace disconnect');
  });
}

function beats(kind: Kind, mode: Mode): void {
  it('stays connected through the heartbeats', { timeout: 45_000 }, async () => {
    const server = await stage(pair, { pingInterval: 50, pingTimeout: 10_000 });
    server.io.on('connection', (socket) => {
      let count = 0;
      socket.conn.on('heartbeat', () => ++count === 10 && socket.emit('alive'));
      socket.on('echo', (value: unknown, ack: Ack) => ack(value));
    });
    expect(await runPython(server.url, kind, mode, 'heartbeat')).toEqual({ answer: 'still here' });
  });
}
