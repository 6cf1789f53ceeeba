import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { Wait } from '../../../src/base/deadlines.js';
import { Deadlines } from '../../../src/base/deadlines.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { Piece } from '../../../src/transport/sse/piece.js';
import { ResponseStream } from '../../../src/transport/sse/response-stream.js';

let close: () => void = () => undefined;
afterEach(() => close());

const { bareStreams } = nodeInternalsFor(true).parts;
const HEADERS = { 'Content-Type': 'text/event-stream' };
const settings = {
  nodeInternals: nodeInternalsFor(true),
  closeDeadlines: new Deadlines<Wait>(new FakeClock(), 1_000, (wait) => wait.onExpired()),
};

class Owner {
  readonly settings = settings;
  drained = 0;
  ended = 0;
  onStreamDrained(): void {
    this.drained += 1;
  }
  onStreamEnded(): void {
    this.ended += 1;
  }
}

function stream(response: ServerResponse, owner = new Owner()): ResponseStream {
  return new ResponseStream(response, { ...HEADERS }, owner);
}

async function listen(server: Pick<Server, 'listen' | 'address' | 'close'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends bytes, and returns all data until the connection ends. */
function exchange(port: number, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

describe('ResponseStream', () => {
  it.each([
    ['chunks over HTTP/1.1', '1.1', '3\r\n:\n\n\r\na\r\ndata: 4é\n\r\nb\r\ndata: last\n\r\n0\r\n\r\n'],
    ['bare text over HTTP/1.0', '1.0', ':\n\ndata: 4é\ndata: last\n'],
  ])('writes %s, and ends', async (_name, version, body) => {
    const server = createServer((_request, response) => {
      const opened = stream(response);
      opened.write(new Piece('data: 4é\n'));
      opened.end(new Piece('data: last\n'));
    });
    close = () => server.close();
    const text = await exchange(await listen(server), `GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    expect(text).toMatch(/\r\nConnection: close\r\n/);
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(body);
    expect(settings.closeDeadlines.count).toBe(0);
  });

  it.runIf(bareStreams).each([
    ['chunks over HTTP/1.1', '1.1', '3\r\n:\n\n\r\na\r\ndata: 4é\n\r\nb\r\ndata: last\n\r\n0\r\n\r\n'],
    ['bare text over HTTP/1.0', '1.0', ':\n\ndata: 4é\ndata: last\n'],
  ])('writes %s, and ends, also on the bare connection', async (_name, version, body) => {
    const owner = new Owner();
    const server = createServer((_request, response) => {
      const opened = stream(response, owner);
      setImmediate(() => {
        const bare = opened.detach();
        expect([bare?.writable, opened.detach()]).toEqual([true, undefined]);
        bare?.write(new Piece('data: 4é\n'));
        setImmediate(() => bare?.end(new Piece('data: last\n')));
      });
    });
    close = () => server.close();
    const text = await exchange(await listen(server), `GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(body);
    // One for Node's end of the response, which its owner ignores now, and one for the real end.
    expect([settings.closeDeadlines.count, owner.ended]).toEqual([0, 2]);
  });

  it.runIf(bareStreams)('is as full on the bare connection as before', async () => {
    const owner = new Owner();
    let take: (opened: ResponseStream) => void = () => undefined;
    const opened = new Promise<ResponseStream>((resolve) => {
      take = resolve;
    });
    const server = createServer((_request, response) => take(stream(response, owner)));
    const reader = connect(await listen(server), '127.0.0.1', () => reader.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    reader.pause();
    close = () => {
      reader.destroy();
      server.close();
    };
    const written = await opened;
    while (written.writable) {
      written.write(new Piece('x'.repeat(1_000_000)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const bare = written.detach();
    expect([bare?.writable, (bare?.bufferedBytes ?? 0) > 0]).toEqual([false, true]);
    owner.drained = 0;
    reader.resume();
    await expect.poll(() => bare?.writable).toBe(true);
    // The former stream reports it as well, which its owner ignores now.
    expect([owner.drained, bare?.bufferedBytes]).toEqual([2, 0]);
  });

  it('waits for its turn in a pipeline', async () => {
    const first: ServerResponse[] = [];
    const server = createServer((request, response) => {
      if (request.url === '/first') {
        first.push(response);
        return;
      }
      const opened = stream(response);
      opened.write(new Piece('data: 4a\n\n'));
      opened.end(new Piece('data: 1\n\n'));
      first[0]?.end('first');
    });
    close = () => server.close();
    const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const text = await exchange(await listen(server), get('/first') + get('/second', 'Connection: close\r\n'));
    expect(text.indexOf('first')).toBeGreaterThan(0);
    expect(text.indexOf('data: 4a')).toBeGreaterThan(text.indexOf('first'));
    expect(text.endsWith('0\r\n\r\n')).toBe(true);
  });

  it('writes over HTTP/2', async () => {
    const server = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) => {
      const opened = stream(response as unknown as ServerResponse);
      opened.write(new Piece('data: 4é\n\n'));
      expect([opened.writable, opened.detach()]).toEqual([true, undefined]);
      opened.end(new Piece('data: 1\n\n'));
    });
    const port = await listen(server as unknown as Server);
    const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    close = () => {
      client.close();
      server.close();
    };
    const request = client.request({ ':path': '/' });
    let text = '';
    request.setEncoding('utf8');
    for await (const chunk of request) text += chunk;
    expect(text).toBe(':\n\ndata: 4é\n\ndata: 1\n\n');
  });

  it('is full while its client does not read, and reports once when it accepts more', async () => {
    const owner = new Owner();
    let take: (opened: ResponseStream) => void = () => undefined;
    const opened = new Promise<ResponseStream>((resolve) => {
      take = resolve;
    });
    const server = createServer((_request, response) => take(stream(response, owner)));
    const reader = connect(await listen(server), '127.0.0.1', () => reader.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    reader.pause();
    close = () => {
      reader.destroy();
      server.close();
    };
    const written = await opened;
    const piece = new Piece('x'.repeat(100_000));
    for (let quiet = 0; quiet < 20; quiet += 1) {
      if (written.writable) {
        written.write(piece);
        quiet = 0;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    owner.drained = 0;
    expect(written.bufferedBytes).toBeGreaterThan(0);
    reader.resume();
    while (!written.writable) await new Promise((resolve) => setImmediate(resolve));
    expect([owner.drained, written.bufferedBytes]).toEqual([1, 0]);
    reader.destroy();
    while (owner.ended === 0) await new Promise((resolve) => setImmediate(resolve));
    // The client has left, which is not an error.
    written.write(piece);
    expect(owner.ended).toBe(1);
  });
});
