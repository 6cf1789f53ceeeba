/** The sockets of `@naru/net` with other programs: nc, socat and Python. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../test/conformance/peers/certificate.js';
import { type Endpoint, formatEndpoint } from '../../naru/src/base/node/endpoint.js';
import { DatagramSocket } from '../src/datagram/datagram-socket.js';
import { connect } from '../src/open.js';
import type { StreamListener } from '../src/stream/stream-listener.js';
import { StreamSocket } from '../src/stream/stream-socket.js';
import { type Child, watch } from './child.js';
import { closeLater, failure, makeFolder, openListener, recvAll, until } from './pair.js';

const PYTHON = '/usr/bin/python3';
const isHere = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'ignore' }).error === undefined;
const missing = [
  ['nc', isHere('nc', '-h'), 'netcat-openbsd'],
  ['socat', isHere('socat', '-V'), 'socat'],
  ['python3', existsSync(PYTHON), 'python3'],
].filter(([, here]) => !here);
const packages = missing.map(([, , name]) => name).join(' ');
if (missing.length > 0)
  console.warn(`SKIPPED: sockets against other programs. apt-get install ${packages} brings them`);

/** Echoes data until the peer ends its direction, and then ends the other one. */
async function echo(listener: StreamListener<StreamSocket>): Promise<void> {
  for await (const socket of listener) {
    for await (const chunk of socket) await socket.send(chunk);
    await socket.close();
  }
}

/** Runs a program with this input to its end, and returns its output. */
function talk(command: readonly string[], input: string | Buffer): Promise<Buffer> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  // A program that ends before it has read its input shows that by its output.
  child.stdin.on('error', () => {}).end(input);
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

const python = (source: string, ...args: string[]): Child =>
  watch(spawn(PYTHON, ['-u', '-c', source, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }));

const text = 'a ferry\n나루\n'.repeat(20_000);

/** Reports how much is missing, rather than the content. */
function expectWhole(output: Buffer, expected = text): void {
  expect(output.byteLength).toBe(Buffer.byteLength(expected));
  expect(output.equals(Buffer.from(expected))).toBe(true);
}

describe.skipIf(missing.length > 0)('a listener', () => {
  it.each([
    ['nc', (port: string) => ['nc', '-N', '127.0.0.1', port]],
    ['nc by IPv6', (port: string) => ['nc', '-6', '-N', '::1', port]],
    ['socat', (port: string) => ['socat', '-t5', '-', `TCP:127.0.0.1:${port}`]],
  ])('echoes all data of %s, to the last byte', async (_name, command) => {
    const listener = await openListener('tcp://:0');
    void echo(listener);
    expectWhole(await talk(command(String(listener.localEndpoint.port)), text));
  });

  it('does so at a Unix socket', async () => {
    const path = join(makeFolder(), 's');
    void echo(await openListener(`unix:${path}`));
    expectWhole(await talk(['nc', '-N', '-U', path], text));
    expectWhole(await talk(['socat', '-t5', '-', `UNIX:${path}`], text));
  });

  it('does so by TLS', async () => {
    const listener = await openListener('tls://127.0.0.1:0', { tls: certificate });
    void echo(listener);
    const where = `OPENSSL:127.0.0.1:${listener.localEndpoint.port},verify=0`;
    expectWhole(await talk(['socat', '-t5', '-', where], text));
  });
});

const pythonEcho = `
import socket, sys
family = socket.AF_UNIX if sys.argv[1].startswith('/') else socket.AF_INET
server = socket.socket(family, socket.SOCK_STREAM)
server.bind(sys.argv[1] if family == socket.AF_UNIX else ('127.0.0.1', 0))
server.listen(1)
print(server.getsockname()[1] if family == socket.AF_INET else 0)
peer, _ = server.accept()
while True:
    data = peer.recv(65536)
    if not data: break
    peer.sendall(data)
peer.sendall(b'end')
peer.shutdown(socket.SHUT_WR)
peer.close()
`;

describe.skipIf(missing.length > 0)('a socket that connects', () => {
  it.each(['tcp', 'unix'])('talks with a server in Python over %s, and notices its end', async (scheme) => {
    const path = join(makeFolder(), 'p');
    const child = python(pythonEcho, scheme === 'unix' ? path : 'tcp');
    const port = await child.line();
    const socket = closeLater(await connect(scheme === 'unix' ? `unix:${path}` : `tcp://127.0.0.1:${port}`));
    void socket.send(text);
    void socket.shutdown();
    expectWhole(await recvAll(socket), `${text}end`);
  });

  it('talks with a listening nc', async () => {
    const path = join(makeFolder(), 'n');
    const child = watch(spawn('nc', ['-l', '-U', path], { stdio: ['pipe', 'pipe', 'inherit'] }));
    // The file exists before nc listens on it.
    const dial = (): Promise<StreamSocket> => connect(`unix:${path}`).catch(dial);
    await until(() => existsSync(path));
    const socket = closeLater(await dial());
    await socket.send('hello\n');
    expect(await child.line()).toBe('hello');
    child.process.stdin?.write('and you\n');
    expect(String(await socket.recv())).toBe('and you\n');
  });
});

const pythonDatagrams = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 0))
print(server.getsockname()[1])
while True:
    data, peer = server.recvfrom(65535)
    server.sendto(str(len(data)).encode() + b':' + data[:9], peer)
`;

describe.skipIf(missing.length > 0)('datagrams', () => {
  it('go to Python and back, in every size', async () => {
    const child = python(pythonDatagrams);
    const server: Endpoint = { scheme: 'udp', host: '127.0.0.1', port: Number(await child.line()), path: '' };
    const socket = new DatagramSocket();
    for (const size of [0, 1, 1200, 1473, 65_507]) {
      await socket.send(Buffer.alloc(size, 'd'), server);
      const { data, from } = await socket.recv({ signal: AbortSignal.timeout(20_000) });
      expect([String(data), from]).toEqual([`${size}:${'d'.repeat(Math.min(size, 9))}`, server]);
    }
    await socket.close();
  });

  it('arrive from nc and socat', async () => {
    const socket = new DatagramSocket();
    await socket.bind('udp://127.0.0.1:0');
    const port = String(socket.localEndpoint?.port);
    await talk(['nc', '-u', '-q', '0', '127.0.0.1', port], 'by nc');
    expect(String((await socket.recv()).data)).toBe('by nc');
    await talk(['socat', '-', `UDP:127.0.0.1:${port}`], 'by socat');
    expect(String((await socket.recv()).data)).toBe('by socat');
    await socket.close();
  });
});

const pythonOutcomes = `
import errno, socket, struct, sys
held = socket.socket(); held.bind(('127.0.0.1', 0)); held.listen(1)
gone = socket.socket(); gone.bind(('127.0.0.1', 0)); free = gone.getsockname()[1]; gone.close()
def bind(*address): socket.socket().bind(address)
def connect(*address): socket.socket().connect(address)
def unix(path): socket.socket(socket.AF_UNIX).connect(path)
def reset():
    one = socket.create_connection(held.getsockname()); two, _ = held.accept()
    two.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); two.close()
    one.recv(1)
def refused():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.connect(('127.0.0.1', free)); one.send(b'x'); one.recv(1)
for verb in (
    lambda: bind(*held.getsockname()), lambda: bind('192.0.2.1', 0), lambda: connect('127.0.0.1', free),
    lambda: connect('255.255.255.255', 9), lambda: unix(sys.argv[1]), reset, refused,
):
    try: verb(); print('nothing')
    except OSError as error: print(errno.errorcode[error.errno])
`;

/** Returns the system's code from the cause of an error. */
async function code(promise: Promise<unknown>): Promise<unknown> {
  return ((await failure(promise)).cause as { code?: string }).code;
}

it.skipIf(missing.length > 0)('fails with the same code as Python', async () => {
  const path = join(makeFolder(), 'none');
  const child = python(pythonOutcomes, path);
  const theirs: string[] = [];
  for (let index = 0; index < 7; index += 1) theirs.push(await child.line());
  const held = await openListener();
  const gone = await openListener();
  await gone.close();
  const free = formatEndpoint(gone.localEndpoint);
  const one = closeLater(await connect(held.localEndpoint));
  const two = closeLater(await held.accept());
  const reset = code(one.recv());
  two.stream?.resetAndDestroy();
  const datagrams = new DatagramSocket();
  await datagrams.connect(free.replace('tcp', 'udp'));
  await datagrams.send('x');
  const ours = [
    await code(new StreamSocket().bind(held.localEndpoint)),
    await code(new StreamSocket().bind('tcp://192.0.2.1:0')),
    await code(new StreamSocket().connect(free)),
    await code(new StreamSocket().connect('tcp://255.255.255.255:9')),
    await code(new StreamSocket().connect(`unix:${path}`)),
    await reset,
    await code(datagrams.recv()),
  ];
  await datagrams.close();
  expect(ours).toEqual(theirs);
  expect(ours).toEqual([
    'EADDRINUSE',
    'EADDRNOTAVAIL',
    'ECONNREFUSED',
    'ENETUNREACH',
    'ENOENT',
    'ECONNRESET',
    'ECONNREFUSED',
  ]);
});
