/** A server with every endpoint, and visits to it in this process, with lines from a pipe. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { certificate } from '../../../../test/conformance/peers/certificate.js';
import { Server } from '../../../naru/src/entry/index.js';
import { stomp as stompWire } from '../../../stomp/src/stomp.js';
import { udp as udpWire } from '../../../udp/src/server/udp.js';
import { connectTo } from '../../src/connect/connect.js';
import type { WireOptions } from '../../src/connect/wires/wire-client.js';

/** The addresses of a server's endpoints: only host and port. */
export interface Places {
  readonly io: Server;
  readonly http: string;
  readonly ws: string;
  readonly https: string;
  readonly wss: string;
  readonly tcp: string;
  readonly tls: string;
  readonly udp: string;
  readonly unix: string;
  readonly stomp: string;
  readonly stomps: string;
}

/** How long a line may take. Then the test fails, and shows the lines so far. */
const PATIENCE_MS = 25_000;

const ENDPOINTS = ['tcp', 'tls', 'udp', 'stomp', 'stomps'] as const;

/**
 * Opens the server on a loopback address. The room `closed` is closed, and `/members` admits clients with
 * `token: 'right'`.
 */
export async function openServer(host = '127.0.0.1', port = 0): Promise<Places> {
  const shown = host.includes(':') ? `[${host}]` : host;
  const http = createServer();
  const https = createTlsServer(certificate);
  const io = new Server(http, {
    events: true,
    wires: [stompWire({ tls: certificate }), udpWire()],
    tcp: { tls: certificate },
  });
  io.attach(https);
  open(io);
  const folder = mkdtempSync(join(tmpdir(), 'naru-connect-'));
  const unix = `unix:${folder}/socket`;
  for (const scheme of ENDPOINTS) io.listen(`${scheme}://${shown}:0`);
  io.listen(unix);
  await Promise.all([
    io.ready(),
    ...[http, https].map(
      (server) => new Promise<void>((resolve) => server.listen(server === http ? port : 0, host, resolve)),
    ),
  ]);
  onTestFinished(async () => {
    await io.close();
    https.closeAllConnections();
    https.close();
    rmSync(folder, { recursive: true });
  });
  const at = (scheme: string, address: unknown): string => `${scheme}://${shown}:${(address as AddressInfo).port}`;
  const [tcp = '', tls = '', udp = '', stomp = '', stomps = ''] = ENDPOINTS.map((scheme, index) =>
    at(scheme, io.endpoints[index]?.address),
  );
  const [plain, secure] = [http.address(), https.address()];
  return {
    ...{ io, tcp, tls, udp, stomp, stomps, unix },
    ...{ http: at('http', plain), ws: at('ws', plain), https: at('https', secure), wss: at('wss', secure) },
  };
}

function open(io: Server): void {
  for (const nsp of [io, io.of('/chat'), io.of('/members')]) {
    nsp.allow({ subscribe: (_socket, room) => room !== 'closed', publish: (_socket, room) => room !== 'closed' });
    nsp.on('connection', (socket) => {
      socket.on('time', (...args: unknown[]) =>
        (args.at(-1) as (...answer: unknown[]) => void)('noon', socket.nsp.name),
      );
      socket.on('message', (text) => socket.emit('echo', text, socket.conn.subprotocol));
      socket.on('quiz', () => {
        socket.timeout(20_000).emit('question', 6, 7, (error: unknown, answer: unknown) => {
          socket.emit('right', error ? 'none' : answer);
        });
      });
      socket.on('bytes', (bytes: Uint8Array) => socket.emit('size', bytes.byteLength, bytes));
      socket.on('kick', () => socket.disconnect());
    });
  }
  io.of('/members').use((socket, next) => {
    if (socket.handshake.auth.token === 'right') next();
    else next(Object.assign(new Error('members only'), { data: { fee: 5 } }));
  });
}

/** Whether these lines contain nothing that moves a cursor, rings a bell or reverses text. */
export function isHarmless(lines: readonly string[]): boolean {
  return [...lines.join('')].every((char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0x1f && !(code >= 0x7f && code <= 0x9f) && !(code >= 0x202a && code <= 0x202e);
  });
}

/** A running visit. */
export interface Guest {
  /** The whole output, line by line. */
  readonly lines: string[];
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** Types lines. */
  type(...lines: string[]): void;
  /** Resolves with the first matching line that was not awaited yet. */
  see(pattern: RegExp): Promise<string>;
  /** Ends the pipe. */
  end(): Promise<number>;
  /** Ends the visit as a signal does. */
  signal(): Promise<number>;
}

/** Visits an address. The visit ends with the test. */
export function go(url: string, options: Partial<WireOptions> = {}): Guest {
  const input = new PassThrough();
  const output = new PassThrough();
  const leaving = new AbortController();
  const lines: string[] = [];
  let seen = 0;
  let rest = '';
  let look = (): void => undefined;
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    look();
  });
  const wire = { auth: undefined, transports: undefined, trust: {}, showsWire: false, ...options };
  const ended = connectTo(url, wire, { input, output, env: {} }, leaving.signal);
  onTestFinished(async () => {
    leaving.abort();
    await ended.catch(() => undefined);
  });
  const see = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      look = () => {
        while (seen < lines.length) {
          const line = lines[seen++] ?? '';
          if (!pattern.test(line)) continue;
          look = () => undefined;
          resolve(line);
          return;
        }
      };
      look();
      const fail = (): void => reject(new TypeError(`there is no ${pattern} in:\n${lines.join('\n')}`));
      setTimeout(fail, PATIENCE_MS).unref();
      ended.then(() => {
        look();
        fail();
      }, reject);
    });
  return {
    lines,
    ended,
    type: (...typed) => {
      for (const line of typed) input.write(`${line}\n`);
    },
    see,
    end: () => {
      input.end();
      return ended;
    },
    signal: () => {
      leaving.abort();
      return ended;
    },
  };
}
