import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { EventStream, isLast } from '../../../src/client/engine/sse.js';

class FakeEventSource {
  static readonly all: FakeEventSource[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  isClosed = false;
  readonly uri: string;
  readonly options: unknown;
  constructor(uri: string, options: unknown) {
    this.uri = uri;
    this.options = options;
    FakeEventSource.all.push(this);
  }
  close(): void {
    this.isClosed = true;
  }
}

class FakeXhr {
  static readonly bodies: unknown[] = [];
  static last: FakeXhr | undefined;
  readyState = 0;
  status = 0;
  responseText = '';
  onreadystatechange: (() => void) | null = null;
  open(): void {}
  setRequestHeader(): void {}
  abort(): void {}
  send(body: unknown): void {
    FakeXhr.bodies.push(body);
    FakeXhr.last = this;
  }
  answer(): void {
    Object.assign(this, { readyState: 4, status: 200, responseText: 'ok' });
    this.onreadystatechange?.();
  }
}

beforeEach(() => {
  FakeEventSource.all.length = 0;
  FakeXhr.bodies.length = 0;
  vi.stubGlobal('EventSource', FakeEventSource);
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function start(options: EngineOptions = {}, query: Record<string, unknown> = { transport: 'sse' }) {
  const stream = new EventStream({ hostname: 'host', path: '/p/', timestampRequests: false, ...options, query });
  const events: unknown[] = [];
  stream.on('open', () => events.push('open'));
  stream.on('packet', (packet) => events.push(packet));
  stream.on('error', (error) => events.push(error.message));
  stream.on('close', (details) => events.push(['close', details?.description]));
  stream.open();
  return { stream, events, source: source() };
}

function source(): FakeEventSource {
  const newest = FakeEventSource.all.at(-1);
  if (!newest) throw new RangeError('no stream was opened');
  return newest;
}

describe('a stream', () => {
  test('is opened with the configured credentials', () => {
    expect(start().source).toMatchObject({ uri: 'http://host/p/?transport=sse', options: { withCredentials: false } });
    expect(start({ withCredentials: true }).source.options).toEqual({ withCredentials: true });
  });

  test('opens the transport with the handshake, and continues', () => {
    const { stream, events, source } = start();
    source.onopen?.();
    expect([stream.readyState, events]).toEqual(['opening', []]);
    source.onmessage?.({ data: '0{}' });
    source.onmessage?.({ data: '4a' });
    source.onmessage?.({ data: '"4a\\r\\n\\u001eb"' });
    source.onmessage?.({ data: 'bAQI=' });
    expect(events).toEqual([
      'open',
      { type: 'open', data: '{}' },
      { type: 'message', data: 'a' },
      { type: 'message', data: 'a\r\n\x1eb' },
      { type: 'message', data: Buffer.of(1, 2) },
    ]);
    expect([FakeEventSource.all.length, source.isClosed]).toEqual([1, false]);
  });

  test('is ready as soon as it is open, beside another transport', () => {
    const { stream, events, source } = start({}, { sid: 'a' });
    source.onopen?.();
    source.onopen?.();
    expect([stream.writable, events]).toEqual([true, ['open']]);
  });

  test('reconnects after a noop', () => {
    const { stream, source: first } = start({}, { sid: 'a' });
    first.onopen?.();
    first.onmessage?.({ data: '6' });
    expect([first.isClosed, FakeEventSource.all.length, stream.readyState]).toEqual([true, 2, 'open']);
  });

  test('ends after a noop when another transport takes over', () => {
    const { stream, source } = start({}, { sid: 'a' });
    source.onopen?.();
    const paused = vi.fn();
    stream.pause(paused);
    source.onmessage?.({ data: '4a' });
    expect(paused).not.toHaveBeenCalled();
    source.onmessage?.({ data: '6' });
    expect([paused.mock.calls.length, source.isClosed, FakeEventSource.all.length]).toEqual([1, true, 1]);
    stream.resume();
    expect(FakeEventSource.all.length).toBe(2);
  });

  test('does not reconnect by itself after a failure or a close by the server', () => {
    const failed = start();
    failed.source.onerror?.('event');
    expect([failed.source.isClosed, failed.events]).toEqual([true, [expect.stringMatching(/^event stream error/)]]);
    const closed = start();
    closed.source.onmessage?.({ data: '0{}' });
    closed.source.onmessage?.({ data: '1' });
    expect([closed.source.isClosed, closed.events.at(-1)]).toEqual([true, ['close', 'transport closed by the server']]);
  });

  test('reports an invalid packet as an error', () => {
    const { events, source } = start();
    source.onmessage?.({ data: '"4' });
    source.onmessage?.({ data: 'x' });
    expect(events).toHaveLength(2);
  });
});

test('sends packets by POST, and announces a close before it ends the stream', () => {
  const { stream, source } = start();
  source.onmessage?.({ data: '0{}' });
  stream.send([{ type: 'message', data: 'a' }]);
  FakeXhr.last?.answer();
  stream.close();
  expect([FakeXhr.bodies, source.isClosed]).toEqual([['4a', '1'], false]);
  FakeXhr.last?.answer();
  expect(source.isClosed).toBe(true);
});

test('ends with a close or a noop', () => {
  expect(['1', '6', '4', '16', '61', ''].map(isLast)).toEqual([true, true, false, false, false, false]);
});
