import { describe, expect, test } from 'vitest';
import { ClientEmitter } from '../../src/client/emitter.js';
import type { ClientTransport } from '../../src/client/engine-options.js';
import { probe } from '../../src/client/probe.js';
import { createFakeLink, type FakeTransport } from './fake-link.js';

class Session extends ClientEmitter {
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
  probe(session, websocket);
  return { session, polling, websocket };
}

test('asks by a ping, pauses the old transport, and switches when it is idle', () => {
  const { session, polling, websocket } = start();
  expect(websocket.readyState).toBe('opening');
  websocket.onOpen();
  expect(websocket.sent).toEqual(['2probe']);
  websocket.receive('3probe');
  expect([session.upgrading, polling.isPaused, session.transport]).toEqual([true, true, polling]);
  polling.onPaused?.();
  expect([session.upgrading, session.transport, websocket.sent.at(-1)]).toEqual([false, websocket, '5']);
  expect(session.events).toEqual(['upgrading', 'upgrade', 'flush']);
  session.emit('close');
  expect(websocket.readyState).toBe('open');
});

describe('exactly one of upgrade and upgradeError follows', () => {
  test('when the transport fails twice', () => {
    const { session, websocket } = start();
    websocket.onError('one');
    websocket.onClose();
    expect(session.events).toEqual(['upgradeError', 'flush']);
  });

  test('when the session closes while the old transport pauses', () => {
    const { session, polling, websocket } = start();
    websocket.onOpen();
    websocket.receive('3probe');
    session.emit('close');
    polling.onPaused?.();
    expect(session.events).toEqual(['upgrading', 'close', 'upgradeError', 'flush']);
    expect([session.transport, websocket.readyState]).toEqual([polling, 'closed']);
  });

  test('when a listener of upgrading closes the session', () => {
    const { session, polling, websocket } = start();
    session.on('upgrading', () => session.emit('close'));
    websocket.onOpen();
    websocket.receive('3probe');
    expect([polling.isPaused, session.events.at(-2)]).toEqual([false, 'upgradeError']);
  });
});

test('a transport that cannot pause is replaced at once', () => {
  const { session, polling, websocket } = start();
  Object.assign(polling, { pause: undefined });
  websocket.onOpen();
  websocket.receive('3probe');
  expect(session.transport).toBe(websocket);
});
