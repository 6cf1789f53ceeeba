import { describe, expect, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { createClient } from '../../../src/client/create-client.js';
import type { ClientOptions } from '../../../src/client/socket/options.js';
import { createFakeClock } from '../fake-clock.js';
import { createFakeLink } from '../fake-link.js';

function start(options: ClientOptions = {}) {
  const clock = createFakeClock();
  const link = createFakeLink(clock);
  const manager = new (createClient(link.platform).Manager)('http://host', {
    transports: ['websocket'],
    ...link.options,
    ...options,
  });
  const events: unknown[] = [];
  for (const name of [
    'open',
    'error',
    'close',
    'reconnect',
    'reconnect_attempt',
    'reconnect_error',
    'reconnect_failed',
  ] as const) {
    manager.on(name, (value?: unknown) => {
      events.push(value === undefined ? name : [name, value instanceof Error ? value.message : value]);
    });
  }
  return { manager, link, clock, events };
}

type Started = ReturnType<typeof start>['manager'];

describe('settings', () => {
  test('have the documented defaults', () => {
    const { manager } = start({ autoConnect: false });
    expect([
      manager.reconnection(),
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
      manager.opts.path,
    ]).toEqual([true, Number.POSITIVE_INFINITY, 1_000, 5_000, 0.5, 20_000, '/socket.io']);
  });

  test('are read and changed by the same methods', () => {
    const { manager } = start({ autoConnect: false, reconnectionDelay: 0, timeout: false });
    expect([manager.reconnectionDelay(), manager.timeout()]).toEqual([1_000, false]);
    manager.reconnection(false).reconnectionAttempts(1).reconnectionDelay(2).reconnectionDelayMax(3);
    manager.randomizationFactor(0).timeout(4);
    expect([
      manager.reconnection(),
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
    ]).toEqual([false, 1, 2, 3, 0, 4]);
  });

  test('may come without an address', () => {
    const link = createFakeLink();
    const manager = new (createClient(link.platform).Manager)({ ...link.options, hostname: 'h', path: '/x' });
    expect([manager.engine.hostname, manager.engine.opts.path]).toEqual(['h', '/x/']);
  });

  test('start with a remembered WebSocket unless the user chose the transports', () => {
    const remembers = (options: ClientOptions): unknown =>
      start({ autoConnect: false, ...options }).manager.opts.rememberUpgrade;
    expect(remembers({ transports: undefined })).toBe(true);
    expect(remembers({ transports: ['polling', 'websocket'] })).toBe(false);
    expect(remembers({ transports: undefined, rememberUpgrade: false })).toBe(false);
    expect(remembers({ transports: undefined, rememberUpgrade: true, extraHeaders: { a: 'b' } })).toBe(true);
  });

  test("start with polling if headers are set, because a page's WebSocket cannot send any", () => {
    const remembers = (options: ClientOptions): unknown =>
      start({ autoConnect: false, transports: undefined, ...options }).manager.opts.rememberUpgrade;
    expect(remembers({ extraHeaders: { authorization: 'x' } })).toBe(false);
    expect(remembers({ transportOptions: { polling: { extraHeaders: { authorization: 'x' } } } })).toBe(false);
  });
});

describe('opening', () => {
  test('happens once, and calls back', () => {
    const { manager, link, events } = start({ autoConnect: false });
    const callback = vi.fn();
    manager.open(callback).connect();
    expect([link.transports.length, manager.readyState]).toEqual([1, 'opening']);
    link.last.accept();
    expect([manager.readyState, events, callback.mock.calls]).toEqual(['open', ['open'], [[]]]);
  });

  test('calls back with an error, and does not retry', async () => {
    const { manager, link, events, clock } = start({ autoConnect: false });
    const callback = vi.fn();
    manager.open(callback);
    link.last.onError('no');
    await clock.advance(60_000);
    expect([events, link.transports.length]).toEqual([[['error', 'no']], 1]);
    expect(callback).toHaveBeenCalledWith(expect.objectContaining({ message: 'no' }));
  });

  test('that takes too long is an error, and closes the attempt', async () => {
    const { link, events, clock } = start({ timeout: 100, reconnection: false });
    await clock.advance(100);
    expect([events, link.last.readyState, clock.pendingCount]).toEqual([[['error', 'timeout']], 'closed', 0]);
  });

  test('that the server ends silently is an error at once', () => {
    const { link, events } = start({ reconnection: false });
    link.last.onClose();
    expect(events).toEqual([['error', 'transport close']]);
  });
});

describe('reconnecting', () => {
  test('waits longer each time, and starts over after a success', async () => {
    const { manager, link, events, clock } = start({ randomizationFactor: 0 });
    link.last.onError('no');
    await clock.advance(999);
    expect(link.transports).toHaveLength(1);
    await clock.advance(1);
    link.last.onError('no');
    await clock.advance(1_999);
    expect(link.transports).toHaveLength(2);
    await clock.advance(1);
    expect(manager.isReconnecting).toBe(true);
    link.last.accept();
    expect(manager.isReconnecting).toBe(false);
    expect(events).toEqual([
      ['error', 'no'],
      ['reconnect_attempt', 1],
      ['error', 'no'],
      ['reconnect_error', 'no'],
      ['reconnect_attempt', 2],
      'open',
      ['reconnect', 2],
    ]);
    events.length = 0;
    link.last.onClose();
    await clock.advance(1_000);
    expect(events).toEqual([
      ['close', 'transport close'],
      ['reconnect_attempt', 1],
    ]);
  });

  test('ends after the last attempt', async () => {
    const { link, events, clock } = start({ reconnectionAttempts: 1 });
    link.last.onError('no');
    await clock.advance(5_000);
    link.last.onError('no');
    await clock.advance(60_000);
    expect(events.slice(-3)).toEqual([['error', 'no'], 'reconnect_failed', ['reconnect_error', 'no']]);
    expect([link.transports.length, clock.pendingCount]).toEqual([2, 0]);
  });

  test('ends with disconnect(), and leaves no timer', async () => {
    for (const end of [(manager: Started) => manager.disconnect(), (manager: Started) => manager._close()]) {
      const { manager, link, clock } = start();
      link.last.onError('no');
      end(manager);
      expect(clock.pendingCount).toBe(0);
      await clock.advance(60_000);
      expect([link.transports.length, manager.readyState, manager.isReconnecting]).toEqual([1, 'closed', false]);
    }
  });

  test('ends when a listener of the attempt disconnects, or disables it', async () => {
    for (const end of [(manager: Started) => manager.disconnect(), (manager: Started) => manager.reconnection(false)]) {
      const { manager, link, clock } = start();
      manager.on('reconnect_attempt', () => end(manager));
      link.last.onError('no');
      await clock.advance(60_000);
      expect([link.transports.length, clock.pendingCount]).toEqual([1, 0]);
    }
  });

  test('continues when a listener of the lost connection connects at once, and that fails', async () => {
    const again: ((manager: Started) => void)[] = [
      (manager) => manager.open(),
      (manager) => manager.connect(),
      (manager) => manager.socket('/').connect(),
    ];
    for (const connect of again) {
      const { manager, link, clock, events } = start({ randomizationFactor: 0 });
      link.last.accept();
      manager.socket('/').once('disconnect', () => connect(manager));
      link.last.receive('40{"sid":"a"}');
      link.last.onClose();
      expect([link.transports.length, manager.readyState, manager.isReconnecting]).toEqual([2, 'opening', false]);
      link.last.onError('no');
      await clock.advance(1_000);
      link.last.accept();
      expect(events.slice(2)).toEqual([['error', 'no'], ['reconnect_attempt', 1], 'open', ['reconnect', 1]]);
    }
  });

  test('works at the next loss after a listener of a lost connection has connected at once', async () => {
    for (const isOwnEnd of [false, true]) {
      const { manager, link, clock, events } = start();
      link.last.accept();
      const socket = manager.socket('/');
      socket.once('disconnect', () => socket.connect());
      link.last.receive('40{"sid":"a"}');
      if (isOwnEnd) manager.disconnect();
      else link.last.onClose();
      link.last.accept();
      expect([link.transports.length, manager.isReconnecting]).toEqual([2, false]);
      link.last.onClose();
      await clock.advance(5_000);
      link.last.accept();
      expect(events.at(-1)).toEqual(['reconnect', 1]);
    }
  });

  test.each(['open', 'no'])('continues after open() during a delay has led to %j', async (result) => {
    const { manager, link, clock, events } = start({ randomizationFactor: 0 });
    link.last.onError('no');
    manager.open();
    expect([link.transports.length, manager.isReconnecting, clock.pendingCount]).toEqual([2, false, 1]);
    if (result === 'open') link.last.accept();
    else link.last.onError('no');
    if (result === 'open') link.last.onClose();
    expect(manager.isReconnecting).toBe(true);
    await clock.advance(2_000);
    link.last.accept();
    expect(events.at(-1)).toEqual(['reconnect', result === 'open' ? 1 : 2]);
  });

  test('continues when a listener of an attempt, or of its error, calls open()', async () => {
    for (const name of ['reconnect_attempt', 'error'] as const) {
      const { manager, link, clock, events } = start({ randomizationFactor: 0 });
      link.last.onError('no');
      manager.once(name, () => manager.open());
      await clock.advance(1_000);
      link.last.onError('no');
      if (name === 'error') link.last.onError('no');
      expect([manager.readyState, manager.isReconnecting]).toEqual(['closed', true]);
      await clock.advance(5_000);
      link.last.accept();
      expect(events.at(-1)).toEqual(['reconnect', 2]);
    }
  });

  test.each([
    [0, 3_000],
    [1, 3_750],
  ])('wait for the `Retry-After` of a refusal, and up to a quarter longer (%j)', async (fraction, waitMs) => {
    const { link, clock } = start({ random: { fraction: () => fraction } });
    link.last.onError('full', 503, { getResponseHeader: (name: string) => (name === 'Retry-After' ? '3' : null) });
    await clock.advance(waitMs - 1);
    expect(link.transports).toHaveLength(1);
    await clock.advance(1);
    expect(link.transports).toHaveLength(2);
  });

  test.each(['Wed, 21 Oct 2026 07:28:00 GMT', null, '0', '-5'])(
    'do not wait for a refusal without a number of seconds (%j)',
    async (header) => {
      const { link, clock } = start({ randomizationFactor: 0 });
      link.last.onError('full', 503, { getResponseHeader: () => header });
      await clock.advance(999);
      expect(link.transports).toHaveLength(1);
      await clock.advance(1);
      expect(link.transports).toHaveLength(2);
    },
  );

  test("does not repeat a server's delay after a connection has opened", async () => {
    const { manager, link, clock } = start({ randomizationFactor: 0 });
    link.last.accept();
    manager.holdOff(30_000);
    manager.once('close', () => manager.open());
    link.last.onClose();
    link.last.accept();
    link.last.onClose();
    await clock.advance(1_000);
    expect(link.transports).toHaveLength(3);
  });
});

describe('packets', () => {
  test('go to the socket of their namespace, and to listeners of packet', () => {
    const { manager, link } = start({ autoConnect: false });
    manager.open();
    const [main, other] = [manager.socket('/'), manager.socket('/other')];
    const packet = vi.fn();
    manager.on('packet', packet);
    main.connect();
    other.connect();
    link.last.accept();
    link.last.receive('40/other,{"sid":"o"}', '40{"sid":"m"}', '42/nobody,["x"]');
    expect([main.id, other.id, packet.mock.calls.length]).toEqual(['m', 'o', 3]);
  });

  test('close the connection with parse error if invalid, and it is opened again', async () => {
    const { link, events, clock } = start();
    link.last.accept();
    link.last.receive('451-["x",{"_placeholder":true,"num":5}]');
    expect([events.at(-1), link.last.readyState]).toEqual([['close', 'parse error'], 'closed']);
    await clock.advance(5_000);
    link.last.accept();
    expect(events.at(-1)).toEqual(['reconnect', 1]);
  });

  test('do not spoil the next connection when the end of one cuts them off', async () => {
    const { manager, link, clock, events } = start();
    manager.socket('/');
    link.last.accept();
    link.last.receive('451-["x",{"_placeholder":true,"num":0}]');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40{"sid":"m"}');
    expect([manager.socket('/').connected, events.at(-1)]).toEqual([true, ['reconnect', 1]]);
  });

  test('report a ping', () => {
    const { manager, link } = start();
    const ping = vi.fn();
    manager.on('ping', ping);
    link.last.accept();
    link.last.receive('2');
    expect(ping).toHaveBeenCalledOnce();
  });
});

describe('a custom parser', () => {
  class Decoder {
    listener: ((packet: unknown) => void) | undefined;
    isDestroyed = false;
    on(_event: string, listener: (packet: unknown) => void): void {
      this.listener = listener;
    }
    add(text: string): void {
      if (text === 'bad') throw new SyntaxError('bad');
      for (const data of text.split('|')) this.listener?.({ type: 2, nsp: '/', data: [data] });
    }
    destroy(): void {
      this.isDestroyed = true;
    }
  }
  class Encoder {
    encode(packet: unknown): unknown[] {
      return [JSON.stringify(packet)];
    }
  }

  test('reads and writes all packets, and is not blamed for errors of listeners', async () => {
    const uncaught = catchUncaught();
    const { manager, link, events } = start({ parser: { Encoder, Decoder } });
    manager.socket('/');
    link.last.accept();
    expect(link.last.sent).toEqual(['4{"type":0,"nsp":"/"}']);
    const packet = vi.fn();
    manager.on('packet', packet);
    link.last.receive('4a|b');
    expect(packet.mock.calls.map(([{ data }]) => data)).toEqual([['a'], ['b']]);
    manager.once('packet', () => {
      throw new RangeError('of a listener');
    });
    link.last.receive('4a');
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
    expect(events).toEqual(['open']);
    link.last.receive('4bad');
    expect(events.at(-1)).toEqual(['close', 'parse error']);
  });
});

describe('sockets', () => {
  test('are created once for each namespace, and connect unless autoConnect is off', () => {
    const { manager } = start();
    expect(manager.socket('/a')).toBe(manager.socket('/a'));
    expect(manager.socket('/a').active).toBe(true);
    expect(start({ autoConnect: false }).manager.socket('/a').active).toBe(false);
  });

  test('close the connection with the last of them', () => {
    const { manager, events } = start();
    const [a, b] = [manager.socket('/a'), manager.socket('/b')];
    a.disconnect();
    expect(events).toEqual([]);
    b.disconnect();
    expect(events).toEqual([['close', 'forced close']]);
  });
});
