import { describe, expect, test, vi } from 'vitest';
import { EngineSocket } from '../../../src/client/engine/engine.js';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { createFakeLink, type FakeLink, FakeTransport } from '../fake-link.js';

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

describe('the upgrade', () => {
  const upgrades = { upgrades: ['websocket', 'websocket', 'pigeon'] };

  function start(options: EngineOptions = {}) {
    const link = createFakeLink();
    const engine = open(link, options);
    const events = record(engine);
    const polling = link.last;
    polling.accept(upgrades);
    return { link, engine, events, polling };
  }

  test('moves the session, and packets written meanwhile follow in order', async () => {
    const { link, engine, events, polling } = start();
    const websocket = link.last;
    expect(link.transports.map(({ name }) => name)).toEqual(['polling', 'websocket']);
    expect(websocket.query).toMatchObject({ sid: 'sid', transport: 'websocket' });
    engine.write('before');
    await settle();
    websocket.onOpen();
    expect(websocket.sent).toEqual(['2probe']);
    websocket.receive('3probe');
    expect(engine.upgrading).toBe(true);
    engine.write('after');
    expect([polling.isPaused, polling.sent]).toEqual([true, ['4before']]);
    await settle();
    polling.onPaused?.();
    await settle();
    expect(websocket.sent).toEqual(['2probe', '5', '4after']);
    expect([engine.transport, engine.upgrading]).toEqual([websocket, false]);
    expect(events).toEqual(['open', 'drain', ['upgrading', 'websocket'], ['upgrade', 'websocket'], 'drain']);
  });

  test('is remembered: the next session starts with a WebSocket', async () => {
    const { link, polling } = start({ rememberUpgrade: true });
    link.last.onOpen();
    link.last.drain();
    link.last.receive('3probe');
    expect(open(link, { rememberUpgrade: true }).transport.name).toBe('polling');
    polling.onPaused?.();
    expect(open(link, { rememberUpgrade: true }).transport.name).toBe('websocket');
  });

  test.each<[string, (websocket: FakeTransport) => void]>([
    ['the server answers wrongly', (websocket) => websocket.receive('3other')],
    ['the transport fails', (websocket) => websocket.onError('no')],
    ['the transport closes', (websocket) => websocket.onClose()],
  ])('is dropped when %s, and the session continues', async (_label, end) => {
    const { link, engine, events, polling } = start();
    link.last.onOpen();
    end(link.last);
    expect(events[1]).toMatchObject(['upgradeError', { message: 'probe error', transport: 'websocket' }]);
    engine.write('on');
    expect([engine.transport, polling.sent]).toEqual([polling, ['4on']]);
  });

  test('is dropped between answer and switch, and polling continues', async () => {
    const { link, engine, polling } = start();
    link.last.onOpen();
    link.last.receive('3probe');
    engine.write('waits');
    link.last.onClose();
    expect([polling.isResumed, polling.sent, engine.upgrading]).toEqual([true, ['4waits'], false]);
    polling.onPaused?.();
    expect(engine.transport).toBe(polling);
  });

  test('is not tried when it is disabled or its transport is not allowed', () => {
    expect(start({ upgrade: false }).link.transports).toHaveLength(1);
    expect(start({ transports: ['polling'] }).link.transports).toHaveLength(1);
  });

  test('ends with the session', () => {
    const { link, engine, events } = start();
    link.last.onOpen();
    link.last.receive('3probe');
    link.transports[0]?.onClose();
    expect(events).toContainEqual(['close', 'transport close']);
    expect(events).toContainEqual(['upgradeError', expect.objectContaining({ description: 'session closed' })]);
    expect([engine.readyState, link.last.readyState]).toEqual(['closed', 'closed']);
  });
});

describe('closing', () => {
  test('sends earlier data first, and accepts no more', async () => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    link.last.accept();
    engine.write('last').close();
    expect(engine.readyState).toBe('closing');
    engine.write('never');
    await settle();
    expect([link.last.sent, engine.readyState, engine.id]).toEqual([['4last'], 'closed', null]);
    expect(events).toEqual(['open', 'drain', ['close', 'forced close']]);
    engine.close();
    expect(events).toHaveLength(3);
  });

  test('waits for a running upgrade', async () => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    const [polling] = link.transports;
    polling?.accept({ upgrades: ['websocket'] });
    link.last.onOpen();
    link.last.receive('3probe');
    engine.write('x').close();
    expect(engine.readyState).toBe('closing');
    polling?.onPaused?.();
    await settle();
    expect(link.last.sent).toEqual(['2probe', '5', '4x']);
    expect(events).toEqual([
      'open',
      ['upgrading', 'websocket'],
      ['upgrade', 'websocket'],
      'drain',
      ['close', 'forced close'],
    ]);
  });

  test('during an upgrade waits until the last packets have left', async () => {
    const link = createFakeLink();
    const engine = open(link);
    const events = record(engine);
    const [polling] = link.transports;
    polling?.accept({ upgrades: ['websocket'] });
    const next = link.last;
    next.drains = false;
    next.onOpen();
    next.drain();
    next.receive('3probe');
    engine.close();
    polling?.onPaused?.();
    await settle();
    expect([next.sent, engine.readyState, next.readyState]).toEqual([['2probe', '5'], 'closing', 'open']);
    next.drain();
    expect([events.at(-1), next.readyState]).toEqual([['close', 'forced close'], 'closed']);
  });

  test('by the server, with a transport or a packet, is a transport close', () => {
    for (const end of [
      (transport: FakeTransport) => transport.onClose({ description: 'bye' }),
      (transport: FakeTransport) => transport.receive('1'),
    ]) {
      const link = createFakeLink();
      const close = vi.fn();
      open(link).on('close', close);
      link.last.accept();
      end(link.last);
      expect(close).toHaveBeenCalledWith('transport close', { description: expect.any(String) });
    }
  });

  test('reports the unwritten packets in its event', () => {
    const link = createFakeLink();
    const engine = open(link);
    link.last.accept();
    link.last.drains = false;
    engine.write('a').write('b');
    let waiting = 0;
    engine.on('close', () => {
      waiting = engine.writeBuffer.length;
    });
    link.last.onClose();
    expect([waiting, engine.writeBuffer]).toEqual([2, []]);
  });
});
