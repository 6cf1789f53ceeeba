/** Moves a session from polling to a better transport. engine.io-protocol, "Upgrade". */
import type { Timers } from '../../base/clock.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import { listen } from '../emitter.js';
import type { ClientTransport } from './options.js';
import { transportError } from './transport.js';

/** The part of the engine that a probe needs. */
export interface Upgradable {
  readonly readyState: string;
  readonly transport: ClientTransport;
  /** The names of the usable transports. */
  readonly transports: readonly string[];
  /** Whether the session is moving. Nothing is written during the move. */
  upgrading: boolean;
  emit(name: 'upgrading' | 'upgrade' | 'upgradeError', ...args: unknown[]): void;
  /** Makes `transport` the one that carries the session. */
  setTransport(transport: ClientTransport): void;
  /** Writes the waiting packets. */
  flush(): void;
}

/** Moves a session to the first of the offered transports that works. See `upgrade`. */
export type Upgrader = typeof upgrade;

/** Milliseconds that a transport has to take over. A network may silently drop its packets. */
const PATIENCE_MS = 10_000;

/** Tries the usable transports among the offered ones in turn, until the session has moved or ended. */
export function upgrade(
  session: Upgradable,
  offered: readonly string[],
  create: (name: string) => ClientTransport,
  timers: Timers,
): void {
  const names = [...new Set(offered)].filter(
    (name) => session.transports.includes(name) && name !== session.transport.name,
  );
  const next = (): void => {
    const name = session.readyState === 'open' && names.shift();
    if (name) probe(session, create(name), timers, next);
  };
  next();
}

/**
 * Opens `transport` beside the one in use, tests it with a ping, lets the old one finish, and switches. Exactly one of
 * `upgrade` and `upgradeError` follows, unless the session ends first. `onFailed` is called after `upgradeError`.
 */
export function probe(session: Upgradable, transport: ClientTransport, timers: Timers, onFailed: () => void): void {
  let hasEnded = false;
  let hasAnswer = false;
  const end = (): void => {
    hasEnded = true;
    unlisten();
    timers.clearTimeout(timer);
    transport.removeAllListeners();
  };
  const fail = (cause: unknown): void => {
    end();
    transport.close();
    if (hasAnswer) {
      session.upgrading = false;
      session.transport.resume?.();
    }
    const error = transportError('probe error', cause);
    session.emit('upgradeError', Object.assign(error, { transport: transport.name }));
    session.flush();
    onFailed();
  };
  const adopt = (): void => {
    if (hasEnded) return;
    if (!transport.writable) {
      // Over HTTP streaming, the answer may arrive before the request with the question has ended.
      transport.once('drain', adopt);
      return;
    }
    end();
    session.setTransport(transport);
    transport.send([{ type: 'upgrade' }]);
    session.emit('upgrade', transport);
    session.upgrading = false;
    session.flush();
  };
  const timer = timers.setTimeout(fail, PATIENCE_MS, 'timeout');
  const unlisten = listen(session, 'close', () => fail('session closed'));
  listen(transport, 'open', () => transport.send([{ type: 'ping', data: 'probe' }]));
  listen(transport, 'packet', ({ type, data }: EnginePacket) => {
    if (hasAnswer) return;
    if (type !== 'pong' || data !== 'probe') return fail('wrong answer');
    hasAnswer = true;
    session.upgrading = true;
    session.emit('upgrading', transport);
    if (hasEnded) return;
    if (session.transport.pause) session.transport.pause(adopt);
    else adopt();
  });
  listen(transport, 'error', fail);
  listen(transport, 'close', () => fail('transport closed'));
  transport.open();
}
