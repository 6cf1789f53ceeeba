import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Carrier, openCarrier } from '../../../../src/cli/connect/wires/stomp-carrier.js';
import { certificate } from '../../../conformance/peers/certificate.js';
import { openServer } from '../visits.js';

const TRUST = { ca: Buffer.from(certificate.cert) };

interface Heard {
  readonly carrier: Promise<Carrier>;
  readonly ended: Promise<string>;
  text: string;
}

function open(url: string, signal = new AbortController().signal): Heard {
  let end: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const heard: { text: string } = { text: '' };
  const carrier = openCarrier(url, TRUST, signal, {
    onChunk: (chunk) => {
      heard.text += Buffer.from(chunk).toString();
    },
    onNote: () => undefined,
    onEnd: end,
  });
  return Object.assign(heard, { carrier, ended });
}

async function tcp(play: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(play);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return server;
}

describe('openCarrier', () => {
  it.each([
    ['stomp', '/chat', '/chat'],
    ['stomps', '', ''],
    ['stomps', '/', ''],
    ['stomp+ws', '/stomp#/chat', '/chat'],
    ['stomp+ws', '/stomp#/a%20b', '/a b'],
    ['stomp+wss', '/stomp', ''],
  ] as const)('carries frames over %s, and %j names the namespace %j', async (scheme, rest, namespace) => {
    const places = await openServer();
    const base = {
      stomp: places.stomp,
      stomps: places.stomps,
      'stomp+ws': `stomp+${places.ws}`,
      'stomp+wss': `stomp+${places.wss}`,
    };
    const heard = open(base[scheme] + rest);
    const carrier = await heard.carrier;
    expect(carrier).toMatchObject({ host: '127.0.0.1', namespace });
    carrier.write('STOMP\naccept-version:1.0\nhost:x\n\n\0');
    carrier.write('DISCONNECT\nreceipt:bye\n\n\0');
    expect(await heard.ended).not.toBe('');
    expect(heard.text).toMatch(/^CONNECTED\n[\s\S]*\0\n?RECEIPT\n/);
  });

  it('says that the connection broke, or that the server closed it', async () => {
    const closing = await tcp((socket) => socket.end());
    const resetting = await tcp((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const [first, second] = [closing, resetting].map((server) =>
      open(`stomp://127.0.0.1:${(server.address() as { port: number }).port}`),
    );
    await first?.carrier;
    expect(await first?.ended).toBe('the server closed the connection');
    (await second?.carrier)?.write('x');
    expect(await second?.ended).toMatch(/ECONNRESET/);
  });

  it('gives up when it is told to', async () => {
    const silent = await tcp((socket) => socket.on('error', () => undefined));
    const { port } = silent.address() as { port: number };
    for (const url of [`stomps://127.0.0.1:${port}`, `stomp+ws://127.0.0.1:${port}/stomp`]) {
      const leaving = new AbortController();
      const { carrier } = open(url, leaving.signal);
      leaving.abort();
      await expect(carrier).rejects.toMatchObject({ code: 'CLOSED' });
    }
  });
});
