import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { WebSocketTransport } from '../../../src/client/engine/websocket.js';

class FakeWebSocket {
  static newest: FakeWebSocket;
  binaryType = '';
  onopen: ((event: object) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  readonly sent: unknown[] = [];
  isClosed = false;
  readyState = 1;
  readonly uri: string;
  readonly protocols: unknown;
  constructor(uri: string, protocols: unknown) {
    this.uri = uri;
    this.protocols = protocols;
    FakeWebSocket.newest = this;
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.isClosed = true;
  }
}

function start(options: EngineOptions = {}) {
  vi.stubGlobal('WebSocket', FakeWebSocket);
  const transport = new WebSocketTransport({ hostname: 'h', path: '/', ...options, query: {} });
  const events = { open: vi.fn(), packet: vi.fn(), drain: vi.fn(), close: vi.fn(), error: vi.fn() };
  for (const name of Object.keys(events) as (keyof typeof events)[]) transport.on(name, events[name]);
  transport.open();
  return { transport, ...events, ws: FakeWebSocket.newest };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test('opens a WebSocket at its address with the configured subprotocols', () => {
  const { ws, open } = start({ protocols: ['a', 'b'] });
  expect([ws.uri, ws.protocols, ws.binaryType]).toEqual(['ws://h/', ['a', 'b'], 'arraybuffer']);
  ws.onopen?.({});
  expect(open).toHaveBeenCalledOnce();
});

test('passes bytes on as a Blob if the engine wants Blobs', async () => {
  vi.stubGlobal('WebSocket', FakeWebSocket);
  const socket = { binaryType: 'blob' as const };
  const transport = new WebSocketTransport({ hostname: 'h', path: '/', query: {}, socket });
  const blobs: Blob[] = [];
  transport.on('packet', ({ data }) => blobs.push(data as unknown as Blob));
  transport.open();
  const ws = FakeWebSocket.newest;
  expect(ws.binaryType).toBe('arraybuffer');
  ws.onmessage?.({ data: Uint8Array.of(1, 2).buffer });
  expect(new Uint8Array((await blobs[0]?.arrayBuffer()) as ArrayBuffer)).toEqual(Uint8Array.of(1, 2));
});

test('sends nothing to a WebSocket that has ended, because browsers complain about it on the console', async () => {
  const { transport, ws, drain } = start();
  ws.onopen?.({});
  transport.send([{ type: 'message', data: 'a' }]);
  await vi.waitFor(() => expect(drain).toHaveBeenCalledOnce(), { timeout: 20_000 });
  for (const readyState of [2, 3]) {
    ws.readyState = readyState;
    transport.send([{ type: 'message', data: 'b' }]);
    await vi.waitFor(() => expect(drain).toHaveBeenCalledTimes(readyState), { timeout: 20_000 });
  }
  expect(ws.sent).toEqual(['4a']);
});

test('turns one message into one packet, both ways', async () => {
  const { transport, ws, packet, drain } = start();
  ws.onopen?.({});
  ws.onmessage?.({ data: '4a' });
  ws.onmessage?.({ data: Uint8Array.of(1).buffer });
  expect(packet.mock.calls).toEqual([
    [{ type: 'message', data: 'a' }],
    [{ type: 'message', data: Uint8Array.of(1).buffer }],
  ]);
  const blob = new Blob(['x']);
  transport.send([{ type: 'message', data: 'b' }, { type: 'message', data: blob }, { type: 'upgrade' }]);
  expect([ws.sent, transport.writable, drain.mock.calls.length]).toEqual([['4b', blob, '5'], false, 0]);
  await Promise.resolve();
  expect([transport.writable, drain.mock.calls.length]).toEqual([true, 1]);
});

test('reports an invalid packet as an error', () => {
  const { ws, error, packet } = start();
  ws.onopen?.({});
  ws.onmessage?.({ data: 'x' });
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'EIO_BAD_PACKET' }));
  expect(packet).not.toHaveBeenCalled();
});

describe('the end', () => {
  test('of the WebSocket arrives with its close event', () => {
    const { ws, close } = start();
    ws.onopen?.({});
    ws.onclose?.({ code: 1009, reason: 'too big' });
    expect(close).toHaveBeenCalledWith({
      description: 'websocket connection closed',
      context: { code: 1009, reason: 'too big' },
    });
  });

  test('of the transport closes the WebSocket and ignores its later events', () => {
    const { transport, ws, close, error } = start();
    transport.close();
    expect(ws.isClosed).toBe(true);
    ws.onclose?.({});
    ws.onerror?.({});
    expect([close.mock.calls.length, error.mock.calls.length]).toEqual([1, 0]);
  });

  test('by an error carries the event', () => {
    const { ws, error } = start();
    ws.onerror?.({ type: 'error' });
    expect(error.mock.calls[0]).toMatchObject([
      { message: expect.stringMatching(/^websocket error/), description: { type: 'error' } },
    ]);
  });
});

test('is an asynchronous error when a WebSocket cannot be created', async () => {
  class Refusing {
    constructor() {
      throw new SyntaxError('bad address');
    }
  }
  vi.stubGlobal('WebSocket', Refusing);
  const transport = new WebSocketTransport({ hostname: 'h', path: '/', query: {} });
  transport.open();
  const error = vi.fn();
  transport.on('error', error);
  await Promise.resolve();
  expect(error.mock.calls[0]).toMatchObject([
    { message: expect.stringMatching(/^websocket error/), description: { message: 'bad address' } },
  ]);
  expect(() => transport.close()).not.toThrow();
});
