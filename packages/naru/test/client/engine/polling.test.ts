import { describe, expect, test, vi } from 'vitest';
import type { EngineData, OutgoingPacket } from '../../../src/client/engine/options.js';
import { type Abort, type Outcome, Polling } from '../../../src/client/engine/polling.js';

interface Request {
  readonly body: string | undefined;
  readonly outcome: Outcome;
  isAborted: boolean;
}

class TestPolling extends Polling {
  protected override readonly labels = ['poll error', 'post error'] as const;
  readonly requests: Request[] = [];
  protected request(body: string | undefined, outcome: Outcome): Abort {
    const request: Request = { body, outcome, isAborted: false };
    this.requests.push(request);
    return () => {
      request.isAborted = true;
    };
  }
  /** Returns the newest request of a kind. */
  newest(kind: 'GET' | 'POST'): Request {
    const found = this.requests.filter(({ body }) => (body === undefined) === (kind === 'GET')).at(-1);
    if (!found) throw new RangeError(`no ${kind}`);
    return found;
  }
  get counts(): [gets: number, posts: number] {
    const gets = this.requests.filter(({ body }) => body === undefined).length;
    return [gets, this.requests.length - gets];
  }
}

const HANDSHAKE = '0{"sid":"a"}';

function start() {
  const polling = new TestPolling({ query: {} });
  const packets: unknown[] = [];
  const events = { close: vi.fn(), error: vi.fn(), drain: vi.fn() };
  polling.on('packet', (packet) => packets.push(packet));
  polling.on('close', events.close).on('error', events.error).on('drain', events.drain);
  polling.open();
  return { polling, packets, ...events };
}

function opened() {
  const started = start();
  started.polling.newest('GET').outcome.onText(HANDSHAKE);
  started.packets.length = 0;
  return started;
}

const message = (data: EngineData): OutgoingPacket => ({ type: 'message', data });

describe('receiving', () => {
  test('opens with the handshake, and always has one GET waiting', () => {
    const { polling, packets } = start();
    expect([polling.counts, polling.readyState]).toEqual([[1, 0], 'opening']);
    polling.newest('GET').outcome.onText(HANDSHAKE);
    expect([polling.counts, polling.readyState]).toEqual([[2, 0], 'open']);
    polling.newest('GET').outcome.onText('4a\x1ebAQ==\x1e2');
    expect(polling.counts).toEqual([3, 0]);
    expect(packets).toEqual([
      { type: 'open', data: '{"sid":"a"}' },
      { type: 'message', data: 'a' },
      { type: 'message', data: Buffer.from([1]) },
      { type: 'ping' },
    ]);
  });

  test.each([['x'], ['4a\x1e'], ['b!'], ['']])('refuses the payload %j', (payload) => {
    const { polling, error } = opened();
    polling.newest('GET').outcome.onText(payload);
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ name: 'ProtocolError' }));
  });

  test('ends with a close packet', () => {
    const { polling, close, packets } = opened();
    polling.newest('GET').outcome.onText('4a\x1e1\x1e4b');
    expect(close).toHaveBeenCalledWith({ description: 'transport closed by the server' });
    expect([packets.length, polling.counts[0]]).toEqual([1, 2]);
  });

  test('fails with the error of the request', () => {
    const { polling, error } = opened();
    polling.newest('GET').outcome.onFailure(502, 'context');
    expect(error.mock.calls[0]).toMatchObject([
      { message: expect.stringMatching(/^poll error/), description: 502, context: 'context' },
    ]);
    polling.close();
    expect(polling.requests[1]?.isAborted).toBe(false);
  });

  test('continues when a listener throws, and does not swallow its error', async () => {
    const { polling, packets } = opened();
    const uncaught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').once('uncaughtException', uncaught);
    polling.on('packet', ({ data }) => {
      if (data === 'a') throw new RangeError('of a listener');
    });
    polling.newest('GET').outcome.onText('4a\x1e4b');
    expect([packets.length, polling.counts[0]]).toEqual([2, 3]);
    await new Promise((resolve) => setImmediate(resolve));
    for (const other of others) process.on('uncaughtException', other);
    expect(uncaught.mock.calls[0]?.[0]).toMatchObject({ message: 'of a listener' });
  });
});

describe('sending', () => {
  test('joins packets into one POST, and drains when it was accepted', () => {
    const { polling, drain } = opened();
    polling.send([message('a'), message(Uint8Array.of(1)), { type: 'pong' }]);
    expect([polling.newest('POST').body, polling.writable]).toEqual(['4a\x1ebAQ==\x1e3', false]);
    polling.newest('POST').outcome.onText('ok');
    expect([drain.mock.calls.length, polling.writable]).toEqual([1, true]);
  });

  test('reads Blobs first', async () => {
    const { polling } = opened();
    polling.send([message(new Blob([Uint8Array.of(1)])), message('b')]);
    await vi.waitFor(() => expect(polling.newest('POST').body).toBe('bAQ==\x1e4b'), { timeout: 20_000 });
  });

  test('fails with the error of the request', () => {
    const { polling, error } = opened();
    polling.send([message('a')]);
    polling.newest('POST').outcome.onFailure(413, undefined);
    expect(error.mock.calls[0]).toMatchObject([{ message: expect.stringMatching(/^post error/), description: 413 }]);
  });

  test.each<[string, EngineData[], number, number]>([
    ['exactly', ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(35)], 100, 3],
    ['one byte less', ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(36)], 100, 2],
    ['characters of three bytes', ['€'.repeat(33), 'a'], 100, 1],
    ['bytes in base64', [Buffer.alloc(72), Buffer.alloc(20)], 100, 1],
    ['a Blob', [new Blob([Buffer.alloc(72)]), 'a'], 99, 1],
    ['what is too big alone', ['a'.repeat(101), 'b'], 100, 1],
    ['without limit', ['a', 'b'], Number.POSITIVE_INFINITY, 2],
  ])('fits packets into a payload: %s', (_label, data, bytesMax, count) => {
    expect(new TestPolling({ query: {} }).fit(data.map(message), bytesMax)).toBe(count);
  });
});

describe('pausing', () => {
  test('waits for the running GET and POST', () => {
    const { polling } = opened();
    const paused = vi.fn();
    polling.send([message('a')]);
    polling.pause(paused);
    polling.newest('GET').outcome.onText('6');
    expect([paused.mock.calls.length, polling.counts[0]]).toEqual([0, 2]);
    polling.newest('POST').outcome.onText('ok');
    expect([paused.mock.calls.length, polling.readyState]).toEqual([1, 'paused']);
  });

  test('ends at once without a running request, and polls again when resumed', () => {
    const { polling } = opened();
    polling.pause(() => {});
    polling.newest('GET').outcome.onText('6');
    polling.resume();
    expect([polling.readyState, polling.counts[0]]).toEqual(['open', 3]);
  });

  test('waits for Blobs that are being read, and for their POST', async () => {
    const { polling } = opened();
    const paused = vi.fn();
    polling.send([message(new Blob(['a']))]);
    polling.pause(paused);
    polling.newest('GET').outcome.onText('6');
    expect(paused).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(polling.counts[1]).toBe(1), { timeout: 20_000 });
    expect(paused).not.toHaveBeenCalled();
    polling.newest('POST').outcome.onText('ok');
    expect([paused.mock.calls.length, polling.readyState]).toEqual([1, 'paused']);
  });

  test('does not go on after the end', () => {
    const { polling } = opened();
    polling.pause(() => {});
    polling.newest('GET').outcome.onText('6');
    polling.close();
    polling.resume();
    expect([polling.readyState, polling.counts[0]]).toEqual(['closed', 2]);
  });

  test('keeps the running GET when resumed before its end', () => {
    const { polling } = opened();
    const paused = vi.fn();
    polling.pause(paused);
    polling.resume();
    expect(polling.counts[0]).toBe(2);
    polling.newest('GET').outcome.onText('4a');
    expect([polling.counts[0], paused.mock.calls.length]).toEqual([3, 0]);
  });
});

describe('closing', () => {
  test('notifies the server, and ends the waiting GET after that', () => {
    const { polling, close } = opened();
    polling.close();
    expect([polling.newest('POST').body, close.mock.calls.length]).toEqual(['1', 1]);
    const get = polling.newest('GET');
    expect(get.isAborted).toBe(false);
    polling.newest('POST').outcome.onText('ok');
    expect(get.isAborted).toBe(true);
  });

  test('ends the waiting GET although the server could not be notified', () => {
    const { polling } = opened();
    polling.close();
    const get = polling.newest('GET');
    polling.newest('POST').outcome.onFailure(502, undefined);
    expect(get.isAborted).toBe(true);
  });

  test('posts no Blob that is being read', async () => {
    const { polling } = opened();
    const blob = new Blob(['a']);
    const bytes = blob.arrayBuffer();
    blob.arrayBuffer = () => bytes;
    polling.send([message(blob)]);
    polling.close();
    await bytes;
    await new Promise((resolve) => setImmediate(resolve));
    expect(polling.counts[1]).toBe(0);
  });

  test('ends everything during a POST, because two at once are an error', () => {
    const { polling } = opened();
    polling.send([message('a')]);
    polling.close();
    expect(polling.requests.slice(1).map(({ isAborted }) => isAborted)).toEqual([true, true]);
    expect(polling.counts[1]).toBe(1);
  });

  test('ends the first request before the session is open', () => {
    const { polling } = start();
    polling.close();
    expect([polling.counts, polling.newest('GET').isAborted]).toEqual([[1, 0], true]);
  });
});
