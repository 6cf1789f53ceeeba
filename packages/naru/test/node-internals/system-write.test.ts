import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SystemOutcome, writeToSystem } from '../../src/node-internals/system-write.js';
import { openConnection, readAll } from '../transport/plain-http/connected.js';

/** From Node 26 on, streams make no request for data that the system accepts at once, so there is nothing to save. */
const isSparedByNode = Number.parseInt(process.versions.node, 10) >= 26;

interface Connected {
  writeBuffer(request: object, bytes: Buffer): number;
}

/** Returns the write requests of a connection from now on. */
function watch(socket: Socket): object[] {
  const connection = Reflect.get(socket, '_handle') as Connected;
  const requests: object[] = [];
  const prototype = Object.getPrototypeOf(connection) as Connected;
  const { writeBuffer } = prototype;
  prototype.writeBuffer = function (this: Connected, request, bytes) {
    requests.push(request);
    return writeBuffer.call(this, request, bytes);
  };
  onTestFinished(() => {
    prototype.writeBuffer = writeBuffer;
  });
  return requests;
}

describe('writeToSystem', () => {
  it('writes with one request for all connections, as long as the system accepts the data', async () => {
    const [one, other] = [await openConnection(), await openConnection()];
    writeToSystem(one.socket, Buffer.from('first, '));
    const requests = watch(one.socket);
    for (const { socket } of [one, other, one]) expect(writeToSystem(socket, Buffer.from('more, '))).toBe('taken');
    expect([requests.length, new Set(requests).size]).toEqual([3, 1]);
    expect(String(await readAll(one.reader, 19))).toBe('first, more, more, ');
  });

  it.skipIf(isSparedByNode)('does not reuse a request while the system holds it', async () => {
    const [one, other] = [await openConnection(), await openConnection()];
    writeToSystem(other.socket, Buffer.from('-'));
    const requests = watch(one.socket);
    const block = Buffer.alloc(1_000_000, 'b');
    let count = 0;
    let outcome: SystemOutcome;
    do {
      outcome = writeToSystem(one.socket, block);
      count += 1;
    } while (outcome === 'taken');
    expect(outcome).toBe('held');
    const held = requests.at(-1);
    expect(writeToSystem(other.socket, Buffer.from('passes'))).toBe('taken');
    expect(requests.at(-1)).not.toBe(held);
    // An empty write completes when all earlier data is out.
    const isOut = new Promise((resolve) => one.socket.write(Buffer.alloc(0), resolve));
    const bytes = await readAll(one.reader, count * block.length);
    await isOut;
    expect(bytes.equals(Buffer.alloc(count * block.length, 'b'))).toBe(true);
    expect(writeToSystem(one.socket, Buffer.from('!'))).toBe('taken');
  });

  it('delivers every byte once and in order, whatever the reader takes between two system calls', async () => {
    const { reader, socket } = await openConnection();
    const total = 64_000_000;
    const arrived = readAll(reader, total);
    let sent = 0;
    let heldCount = 0;
    for (let size = 1; sent < total; size = (size * 7 + 13) % 400_009) {
      const bytes = Buffer.allocUnsafe(Math.min(size, total - sent));
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = (sent + at) % 251;
      sent += bytes.length;
      if (writeToSystem(socket, bytes) === 'taken') continue;
      heldCount += 1;
      await new Promise((resolve) => socket.write(Buffer.alloc(0), resolve));
    }
    const all = await arrived;
    let firstWrong = -1;
    for (let at = 0; at < total && firstWrong < 0; at += 1) if (all[at] !== at % 251) firstWrong = at;
    expect([all.length, firstWrong, heldCount > 0]).toEqual([total, -1, true]);
  });

  it('returns the error of the system as a stream does', async () => {
    // A socket that does not read notices the reset by a write.
    const { reader, socket } = await openConnection({ pauseOnConnect: true });
    writeToSystem(socket, Buffer.from('-'));
    reader.resetAndDestroy();
    await once(reader, 'close');
    const outcome = writeToSystem(socket, Buffer.from('nobody reads this'));
    expect(outcome).toMatchObject({ syscall: 'write', code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) });
  });

  it.skipIf(isSparedByNode)(
    'writes through the stream if its time limit must be renewed, and on a closed connection',
    async () => {
      const { reader, socket } = await openConnection();
      writeToSystem(socket, Buffer.from('a'));
      const requests = watch(socket);
      socket.setTimeout(60_000);
      writeToSystem(socket, Buffer.from('b'));
      socket.setTimeout(0);
      writeToSystem(socket, Buffer.from('c'));
      expect(requests.map((request) => 'callback' in request)).toEqual([true, false]);
      expect(String(await readAll(reader, 3))).toBe('abc');
      socket.destroy();
      expect(writeToSystem(socket, Buffer.from('d'))).toMatchObject({ code: 'ERR_SOCKET_CLOSED' });
    },
  );

  it('waits for a connection that is being opened', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const read = new Promise<string>((resolve) =>
      server.on('connection', (peer) => peer.once('data', (bytes) => resolve(String(bytes)))),
    );
    const socket = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
      server.close();
    });
    expect(writeToSystem(socket, Buffer.from('early'))).toBe('held');
    expect(await read).toBe('early');
  });
});
