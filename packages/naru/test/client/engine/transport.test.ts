import { describe, expect, test, vi } from 'vitest';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { Polling } from '../../../src/client/engine/polling.js';
import { transportError } from '../../../src/client/engine/transport.js';
import { WebSocketTransport } from '../../../src/client/engine/websocket.js';
import { FakeTransport } from '../fake-link.js';

class TestPolling extends Polling {
  protected override readonly labels = ['a', 'b'] as const;
  protected request(): () => void {
    return () => {};
  }
}

describe('addresses', () => {
  const base = { path: '/engine.io', hostname: 'localhost', secure: false, query: {}, timestampRequests: false };
  const http = (options: EngineOptions): string => new TestPolling({ ...base, ...options } as typeof base).uri();
  const ws = (options: EngineOptions): string => new WebSocketTransport({ ...base, ...options } as typeof base).uri();

  test('name host, path and query', () => {
    expect(http({ query: { sid: 'test' } })).toBe('http://localhost/engine.io?sid=test');
    expect(ws({ hostname: 'test', query: { transport: 'websocket' } })).toBe('ws://test/engine.io?transport=websocket');
    expect(ws({ secure: true })).toBe('wss://localhost/engine.io');
    expect(http({ query: { '&a': '=?' } })).toBe('http://localhost/engine.io?%26a=%3D%3F');
  });

  test('name a port unless it is the usual one', () => {
    expect(http({ port: 80 })).toBe('http://localhost/engine.io');
    expect(http({ port: '443', secure: true })).toBe('https://localhost/engine.io');
    expect(http({ port: 3000 })).toBe('http://localhost:3000/engine.io');
    expect(http({ port: 443 })).toBe('http://localhost:443/engine.io');
  });

  test('put IPv6 hosts into brackets', () => {
    expect(http({ hostname: '::1', port: 8080 })).toBe('http://[::1]:8080/engine.io');
    expect(ws({ hostname: '::1', port: 80 })).toBe('ws://[::1]/engine.io');
  });

  test('carry a timestamp, a new one each time: polling by default, WebSocket if configured', () => {
    const polling = new TestPolling({ ...base, timestampRequests: undefined });
    expect(polling.uri()).toMatch(/\?t=[0-9a-z]{4,8}$/);
    expect(polling.uri()).not.toBe(polling.uri());
    expect(ws({ timestampRequests: undefined })).toBe('ws://localhost/engine.io');
    expect(ws({ timestampRequests: true, timestampParam: 'woot' })).toMatch(/\?woot=\w+$/);
  });

  test('request base64 only in the handshake', () => {
    expect(ws({ forceBase64: true })).toBe('ws://localhost/engine.io?b64=1');
    expect(ws({ forceBase64: true, query: { sid: 'a' } })).toBe('ws://localhost/engine.io?sid=a');
  });
});

describe('a transport', () => {
  test('opens, closes once, and writes only while open', () => {
    const transport = new FakeTransport({ query: {} });
    const close = vi.fn();
    transport.on('close', close);
    transport.send([{ type: 'ping' }]);
    transport.close();
    expect([transport.sent, close.mock.calls.length, transport.readyState]).toEqual([[], 0, undefined]);
    expect(transport.open()).toBe(transport);
    transport.onOpen();
    expect([transport.readyState, transport.writable]).toEqual(['open', true]);
    transport.send([{ type: 'message', data: 'x' }, { type: 'ping' }]);
    expect([transport.sent, transport.writable]).toEqual([['4x', '2'], false]);
    transport.close().close();
    expect([close.mock.calls.length, transport.readyState, transport.writable]).toEqual([1, 'closed', false]);
  });

  test('sends bytes as bytes, or as base64 if forced', () => {
    const data = Uint8Array.of(1, 2, 3).buffer;
    for (const [forceBase64, unit] of [
      [false, Uint8Array.of(1, 2, 3)],
      [true, 'bAQID'],
    ] as const) {
      const transport = new FakeTransport({ query: {}, forceBase64 });
      transport.open().onOpen();
      transport.send([{ type: 'message', data }]);
      expect(transport.sent).toEqual([unit]);
    }
  });

  test('copies received bytes for an ArrayBuffer', () => {
    const transport = new FakeTransport({ query: {}, socket: { binaryType: 'arraybuffer' } });
    const packet = vi.fn();
    transport.on('packet', packet);
    const memory = Uint8Array.of(9, 1, 2, 9);
    transport.receive(memory.subarray(1, 3));
    expect(packet).toHaveBeenCalledWith({ type: 'message', data: Uint8Array.of(1, 2).buffer });
  });

  test('reports the failed operation', () => {
    const error = transportError('xhr poll error', 400, 'context');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ type: 'TransportError', description: 400, context: 'context' });
  });
});
