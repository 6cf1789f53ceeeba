import { afterEach, describe, expect, test, vi } from 'vitest';
import { EngineSocket } from '../../../src/client/engine/engine.js';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { createFakeClock } from '../fake-clock.js';
import { createFakeLink, type FakeLink, FakeTransport, HANDSHAKE } from '../fake-link.js';

function open(link: FakeLink, options: EngineOptions = {}, uri = 'http://host:1'): EngineSocket {
  return new EngineSocket(uri, { ...link.options, ...options }, link.platform);
}

function record(engine: EngineSocket): unknown[] {
  const events: unknown[] = [];
  for (const name of ['open', 'error', 'close', 'drain', 'upgrading', 'upgrade', 'upgradeError'] as const) {
    engine.on(name, (...args: unknown[]) => {
      const [first] = args;
      events.push(first === undefined ? name : [name, first instanceof FakeTransport ? first.name : first]);
    });
  }
  return events;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an address', () => {
  const where = (uri: string | EngineOptions, options: EngineOptions = {}): unknown[] => {
    const link = createFakeLink();
    const isText = typeof uri === 'string';
    const engine = new EngineSocket(isText ? uri : undefined, isText ? options : uri, link.platform);
    const { hostname, port, secure } = engine;
    return [hostname, port, secure];
  };

  test.each<[string | EngineOptions, unknown[]]>([
    ['http://localhost', ['localhost', '80', false]],
    ['https://localhost', ['localhost', '443', true]],
    ['wss://localhost:2020', ['localhost', '2020', true]],
    ['http://[::1]:8080', ['::1', '8080', false]],
    [{ host: 'localhost' }, ['localhost', '80', false]],
    [{ host: 'localhost', port: '8080' }, ['localhost', '8080', false]],
    [{ host: '::1' }, ['::1', '80', false]],
    [{ host: '[::1]', secure: true }, ['::1', '443', true]],
    [{ hostname: 'a', port: 9 }, ['a', '9', false]],
    [{}, ['localhost', '80', false]],
  ])('%o is understood', (uri, expected) => {
    expect(where(uri)).toEqual(expected);
  });

  test('is completed from the page', () => {
    vi.stubGlobal('location', { hostname: 'page', port: '8443', protocol: 'https:' });
    expect(where({})).toEqual(['page', '8443', true]);
    expect(where({ hostname: 'other' })).toEqual(['other', '443', true]);
    expect(where('http://other')).toEqual(['other', '80', false]);
  });

  test('has a path that ends with a slash by default', () => {
    const link = createFakeLink();
    expect(open(link).opts.path).toBe('/engine.io/');
    expect(open(link, { path: '/x/' }).opts.path).toBe('/x/');
    expect(open(link, { addTrailingSlash: false }).opts.path).toBe('/engine.io');
  });

  test('does not change the given options', () => {
    const options = Object.freeze({
      transports: Object.freeze(['websocket', 'polling']),
      query: Object.freeze({ a: 1 }),
    });
    const link = createFakeLink();
    const engine = open(link, { ...options, tryAllTransports: true });
    link.last.onError('no');
    expect([options.transports, engine.transports]).toEqual([['websocket', 'polling'], ['polling']]);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('opening', () => {
  test("takes the session's settings from the handshake", async () => {
    const link = createFakeLink();
    const engine = open(link, { query: { a: 1 } });
    const events = record(engine);
    expect(link.last.query).toEqual({ a: 1, EIO: 4, transport: 'polling', once: 1 });
    const handshake = vi.fn();
    engine.on('handshake', handshake);
    link.last.accept({ sid: 'abc' });
    expect([engine.id, engine.readyState, events]).toEqual(['abc', 'open', ['open']]);
    expect(handshake).toHaveBeenCalledWith({ ...HANDSHAKE, sid: 'abc' });
    expect(link.last.query.sid).toBe('abc');
  });

  test('keeps earlier writes', async () => {
    const link = createFakeLink();
    const engine = open(link);
    engine.write('early').send('bird');
    expect(link.last.sent).toEqual([]);
    link.last.accept();
    expect(link.last.sent).toEqual(['4early', '4bird']);
    await settle();
    expect(engine.writeBuffer).toEqual([]);
  });

  test.each([
    ['no JSON', '0x'],
    ['no sid', '0{}'],
    ['a wrong interval', '0{"sid":"a","upgrades":[],"pingInterval":"x","pingTimeout":1}'],
    ['nothing', '0'],
  ])('refuses a handshake with %s as a parse error', (_label, unit) => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    link.last.onOpen();
    link.last.receive(unit);
    expect(events.map((event) => (event as unknown[])[0])).toEqual(['error', 'close']);
    expect(events[1]).toEqual(['close', 'parse error']);
  });

  test('reports a missing transport asynchronously', async () => {
    const clock = createFakeClock();
    const engine = open(createFakeLink(clock), { transports: [] });
    const events = record(engine);
    await clock.advance(1);
    expect(events).toEqual([['error', 'No transports available']]);
    engine.close();
    expect(engine.readyState).toBe('closed');
  });

  test('throws for an unknown transport', () => {
    expect(() => open(createFakeLink(), { transports: ['pigeon'] })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('pigeon') }),
    );
  });

  test('accepts transports as classes', () => {
    class Pigeon extends FakeTransport {
      override get name(): string {
        return 'pigeon';
      }
    }
    const engine = open(createFakeLink(), { transports: [Pigeon] });
    expect([engine.transports, engine.transport.name]).toEqual([['pigeon'], 'pigeon']);
    expect(engine.transport.query.transport).toBe('pigeon');
  });

  test('reports a failure as an error and a close', () => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    link.last.onError('xhr poll error', 503, 'context');
    const error = {
      type: 'TransportError',
      message: 'xhr poll error: the server answered 503',
      description: 503,
      context: 'context',
    };
    expect(events).toMatchObject([
      ['error', error],
      ['close', 'transport error'],
    ]);
    expect(engine.readyState).toBe('closed');
  });

  test('continues with the next transport with tryAllTransports', () => {
    const link = createFakeLink();
    const engine = open(link, { transports: ['websocket', 'polling'], tryAllTransports: true });
    const events = record(engine);
    link.last.onError('no');
    expect(link.last.name).toBe('polling');
    link.last.accept();
    expect([events, engine.transport.name]).toEqual([['open'], 'polling']);
  });
});

describe('a session after a working WebSocket', () => {
  const remember = { rememberUpgrade: true };

  function teach(link: FakeLink): void {
    open(link, { transports: ['websocket'] });
    link.last.accept();
  }

  test('starts with a WebSocket', () => {
    const link = createFakeLink();
    expect(open(link, remember).transport.name).toBe('polling');
    teach(link);
    expect(open(link, remember).transport.name).toBe('websocket');
    expect(open(link, { rememberUpgrade: false }).transport.name).toBe('polling');
    expect(open(link, remember, 'http://host:2').transport.name).toBe('polling');
  });

  test.each<[string, (transport: FakeTransport) => void]>([
    ['fails', (transport) => transport.onError('no')],
    ['closes before the handshake', (transport) => transport.onClose()],
  ])('polls afterwards when %s', (label, end) => {
    const link = createFakeLink();
    teach(link);
    const engine = open(link, remember);
    const events = record(engine);
    end(link.last);
    if (label === 'fails') {
      link.last.accept();
      expect([events, engine.transport.name]).toEqual([['open'], 'polling']);
    }
    expect(open(link, remember).transport.name).toBe('polling');
  });

  test('polls afterwards when the WebSocket is silent for 5 seconds', async () => {
    const clock = createFakeClock();
    const link = createFakeLink(clock);
    teach(link);
    const engine = open(link, remember);
    const events = record(engine);
    const websocket = link.last;
    await clock.advance(4_999);
    expect(link.last).toBe(websocket);
    await clock.advance(1);
    expect([websocket.readyState, link.last.name]).toEqual(['closed', 'polling']);
    link.last.accept();
    await clock.advance(10_000);
    expect([events, engine.transport.name]).toEqual([['open'], 'polling']);
  });

  test('polls in the next attempt after a close before the open', () => {
    const link = createFakeLink();
    teach(link);
    open(link, remember).close();
    expect(open(link, remember).transport.name).toBe('polling');
  });
});

describe('messages', () => {
  test('arrive as data and message, with bytes in the binary type', () => {
    const link = createFakeLink();
    const engine = open(link);
    const got: unknown[] = [];
    engine.on('data', (data) => got.push(data)).on('message', (data) => got.push(data));
    link.last.accept();
    link.last.receive('4hi', '4');
    engine.binaryType = 'arraybuffer';
    link.last.receive(Uint8Array.of(1));
    engine.binaryType = 'blob';
    link.last.receive(Uint8Array.of(1, 2));
    expect(got.slice(0, 4)).toEqual(['hi', 'hi', '', '']);
    expect(got[4]).toEqual(Uint8Array.of(1).buffer);
    expect((got[6] as Blob).size).toBe(2);
  });

  test.each([[5], [50_000_000], [true], [null], [undefined], [{ a: 1 }], [[1]]])(
    'refuse %j, which is neither text nor bytes, at once, and delay nothing',
    async (data) => {
      const link = createFakeLink();
      const engine = open(link, { transports: ['websocket'] });
      link.last.accept();
      expect(() => engine.send(data as never)).toThrow(
        expect.objectContaining({
          name: 'ConfigError',
          code: 'BAD_ARGUMENT',
          message: expect.stringContaining('cannot be sent'),
        }),
      );
      engine.send('after');
      await settle();
      expect([link.last.sent, engine.writeBuffer]).toEqual([['4after'], []]);
    },
  );

  test('wait while the transport is busy, and drain reports when all have left', async () => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    link.last.accept();
    link.last.drains = false;
    const flushed: string[] = [];
    engine.write('a', () => flushed.push('a')).write('b', null, () => flushed.push('b'));
    expect([link.last.sent, engine.writeBuffer.length, flushed]).toEqual([['4a'], 2, ['a']]);
    link.last.drain();
    expect([link.last.sent, engine.writeBuffer.length, flushed]).toEqual([['4a', '4b'], 1, ['a', 'b']]);
    link.last.drain();
    expect([engine.writeBuffer.length, events]).toEqual([0, ['open', 'drain']]);
  });

  test('are compressed by default', () => {
    const link = createFakeLink();
    const engine = open(link);
    link.last.accept();
    engine.write('a').write('b', { compress: false });
    expect(engine.writeBuffer.map(({ options }) => options)).toEqual([{ compress: true }, { compress: false }]);
  });

  test('close the session with parse error when they are not packets', () => {
    const link = createFakeLink();
    const engine = open(link);
    link.last.accept();
    const close = vi.fn();
    engine.on('close', close);
    link.last.receive('x');
    expect(close).toHaveBeenCalledWith('parse error', expect.objectContaining({ code: 'EIO_BAD_PACKET' }));
  });

  test('change nothing in a second handshake', () => {
    const link = createFakeLink();
    const engine = open(link);
    link.last.accept({ sid: 'first' });
    link.last.receive(`0${JSON.stringify({ ...HANDSHAKE, sid: 'second' })}`);
    expect(engine.id).toBe('first');
  });
});

describe('the heartbeat', () => {
  const terms = { pingInterval: 100, pingTimeout: 50 };

  test('answers pings', () => {
    const link = createFakeLink();
    const engine = open(link);
    const ping = vi.fn();
    engine.on('ping', ping);
    link.last.accept();
    link.last.receive('2');
    expect(link.last.sent).toEqual(['3']);
    expect(ping).toHaveBeenCalledOnce();
  });

  // A timer cannot wait longer than that.
  const endless = { pingInterval: 1e300, pingTimeout: 50 };
  test.each([
    [terms, 150],
    [endless, 2 ** 31 - 1],
  ])('closes when no ping arrived in time, counted from the last: %j', async (given, ms) => {
    const clock = createFakeClock();
    const link = createFakeLink(clock);
    const events = record(open(link));
    link.last.accept(given);
    await clock.advance(ms - 1);
    link.last.receive('2');
    await clock.advance(ms - 1);
    expect(events).not.toContainEqual(['close', 'ping timeout']);
    await clock.advance(1);
    expect(events).toContainEqual(['close', 'ping timeout']);
    expect(clock.pendingCount).toBe(0);
  });

  test('has expired before the timer fires when the machine slept', async () => {
    const clock = createFakeClock();
    const link = createFakeLink(clock);
    const engine = open(link);
    const events = record(engine);
    expect(engine.hasPingExpired()).toBe(false);
    link.last.accept(terms);
    expect(engine.hasPingExpired()).toBe(false);
    clock.sleep(151);
    expect([engine.hasPingExpired(), engine.hasPingExpired()]).toEqual([true, true]);
    expect(events).toEqual(['open']);
    await settle();
    expect(events).toEqual(['open', ['close', 'ping timeout']]);
  });
});

describe('the page', () => {
  function stubPage(): EventTarget {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    return page;
  }

  test('loses its connections when it goes offline, but not those to localhost', () => {
    const page = stubPage();
    const link = createFakeLink();
    const close = vi.fn();
    open(link).on('close', close);
    const local = open(link, {}, 'http://localhost:1');
    page.dispatchEvent(new Event('offline'));
    expect(close).toHaveBeenCalledWith('transport close', { description: 'network connection lost' });
    expect(local.readyState).toBe('opening');
  });

  test('closes the transport silently on unload if configured', () => {
    const page = stubPage();
    const link = createFakeLink();
    const [kept, left] = [open(link), open(link, { closeOnBeforeunload: true })];
    const close = vi.fn();
    left.on('close', close);
    for (const transport of link.transports) transport.accept();
    page.dispatchEvent(new Event('beforeunload'));
    expect([kept.transport.readyState, left.transport.readyState]).toEqual(['open', 'closed']);
    expect(close).not.toHaveBeenCalled();
    expect(() => left.write('ignored')).not.toThrow();
  });

  test('is released when the session closes', () => {
    const page = stubPage();
    const removed = vi.spyOn(page, 'dispatchEvent');
    const link = createFakeLink();
    const engine = open(link);
    const close = vi.fn();
    engine.close();
    engine.on('close', close);
    page.dispatchEvent(new Event('offline'));
    expect([close.mock.calls, removed.mock.calls.length]).toEqual([[], 1]);
  });
});
