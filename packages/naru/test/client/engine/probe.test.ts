import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { systemTimers } from '../../../src/base/clock.js';
import type { EventsMap } from '../../../src/base/event-map.js';
import { ClientEmitter } from '../../../src/client/emitter.js';
import type { ClientTransport } from '../../../src/client/engine/options.js';
import { probe, upgrade } from '../../../src/client/engine/probe.js';
import { createFakeLink, type FakeTransport } from '../fake-link.js';

class Session extends ClientEmitter<Record<never, never>, EventsMap> {
  readyState = 'open';
  transports = ['polling', 'sse', 'websocket'];
  upgrading = false;
  readonly events: string[] = [];
  transport: ClientTransport;
  constructor(transport: ClientTransport) {
    super();
    this.transport = transport;
  }
  emit(name: string, ...args: unknown[]): void {
    this.events.push(name);
    this.applyLocal(name, args);
  }
  setTransport(transport: ClientTransport): void {
    this.transport = transport;
  }
  flush(): void {
    this.events.push('flush');
  }
}

function start(): { session: Session; polling: FakeTransport; websocket: FakeTransport } {
  const { platform, transports } = createFakeLink();
  const make = (name: string): FakeTransport => {
    const Class = platform.transports[name];
    if (Class) new Class({ query: {} });
    return transports.at(-1) as FakeTransport;
  };
  const polling = make('polling');
  const websocket = make('websocket');
  const session = new Session(polling);
  probe(session, websocket, systemTimers, () => session.events.push('failed'));
  return { session, polling, websocket };
}

test('sends a ping, pauses the old transport, and switches when it is idle', () => {
  const { session, polling, websocket } = start();
  expect(websocket.readyState).toBe('opening');
  websocket.onOpen();
  expect(websocket.sent).toEqual(['2probe']);
  websocket.drain();
  websocket.receive('3probe');
  expect([session.upgrading, polling.isPaused, session.transport]).toEqual([true, true, polling]);
  polling.onPaused?.();
  expect([session.upgrading, session.transport, websocket.sent.at(-1)]).toEqual([false, websocket, '5']);
  expect(session.events).toEqual(['upgrading', 'upgrade', 'flush']);
  session.emit('close');
  expect(websocket.readyState).toBe('open');
});

describe('one of upgrade and upgradeError', () => {
  test('follows when the transport fails twice', () => {
    const { session, websocket } = start();
    websocket.onError('one');
    websocket.onClose();
    expect(session.events).toEqual(['upgradeError', 'flush', 'failed']);
  });

  test('follows when the session closes while the old transport pauses', () => {
    const { session, polling, websocket } = start();
    websocket.onOpen();
    websocket.receive('3probe');
    session.emit('close');
    polling.onPaused?.();
    expect(session.events).toEqual(['upgrading', 'close', 'upgradeError', 'flush', 'failed']);
    expect([session.transport, websocket.readyState]).toEqual([polling, 'closed']);
  });

  test('follows when a listener of upgrading closes the session', () => {
    const { session, polling, websocket } = start();
    session.on('upgrading', () => session.emit('close'));
    websocket.onOpen();
    websocket.receive('3probe');
    expect([polling.isPaused, session.events.at(-3)]).toEqual([false, 'upgradeError']);
  });
});

test('replaces a transport that cannot pause at once', () => {
  const { session, polling, websocket } = start();
  Object.assign(polling, { pause: undefined });
  websocket.onOpen();
  websocket.drain();
  websocket.receive('3probe');
  expect(session.transport).toBe(websocket);
});

test('uses a new transport only after the end of the request that asked for it', () => {
  const { session, polling, websocket } = start();
  websocket.drains = false;
  websocket.onOpen();
  websocket.receive('3probe');
  polling.onPaused?.();
  expect([session.transport, session.upgrading, websocket.sent]).toEqual([polling, true, ['2probe']]);
  websocket.drain();
  expect([session.transport, session.upgrading, websocket.sent]).toEqual([websocket, false, ['2probe', '5']]);
});

describe('upgrade', () => {
  function begin(offered: readonly string[]) {
    const clock = new FakeClock();
    const { platform, transports } = createFakeLink();
    const make = (name: string): FakeTransport => {
      const Class = platform.transports[name === 'polling' ? 'polling' : 'websocket'];
      if (Class) Object.defineProperty(new Class({ query: {} }), 'name', { value: name });
      return transports.at(-1) as FakeTransport;
    };
    const session = new Session(make('polling'));
    upgrade(session, offered, make, clock);
    return { session, clock, names: () => transports.slice(1).map(({ name }) => name), last: () => transports.at(-1) };
  }

  test("tries one allowed transport after the other, in the server's order", () => {
    const { session, names, last } = begin(['websocket', 'pigeon', 'polling', 'sse', 'sse']);
    expect(names()).toEqual(['websocket']);
    last()?.onError('no');
    expect(names()).toEqual(['websocket', 'sse']);
    last()?.onOpen();
    last()?.drain();
    last()?.receive('3probe');
    (session.transport as FakeTransport).onPaused?.();
    expect([session.transport.name, names()]).toEqual(['sse', ['websocket', 'sse']]);
  });

  test('drops a transport that takes too long', async () => {
    const { clock, names, last } = begin(['websocket', 'sse']);
    await clock.advance(9_999);
    expect(names()).toEqual(['websocket']);
    await clock.advance(1);
    expect(names()).toEqual(['websocket', 'sse']);
    last()?.onError('no');
    expect([names(), clock.timerCount]).toEqual([['websocket', 'sse'], 0]);
  });

  test('ends with the session', () => {
    const { session, names } = begin(['websocket', 'sse']);
    session.readyState = 'closed';
    session.emit('close');
    expect(names()).toEqual(['websocket']);
  });
});
