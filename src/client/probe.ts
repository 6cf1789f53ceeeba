/** Moves a session from polling to a better transport. engine.io-protocol, "Upgrade". */
import type { EnginePacket } from '../protocol/engine-io/packet.js';
import type { ClientTransport } from './engine-options.js';
import { transportError } from './transport.js';
import { listen } from './typed-emitter.js';

/** What a probe needs of the engine. */
export interface Upgradable {
  readonly transport: ClientTransport;
  /** Whether the session is being moved: nothing is written meanwhile. */
  upgrading: boolean;
  emit(name: 'upgrading' | 'upgrade' | 'upgradeError', ...args: unknown[]): void;
  /** Makes `transport` the one that carries the session. */
  setTransport(transport: ClientTransport): void;
  /** Writes what waits. */
  flush(): void;
}

/**
 * Opens `transport` beside the one in use, asks the server by a ping whether it works, lets the old one finish and switches.
 * Exactly one of `upgrade` and `upgradeError` follows, unless the session ends first.
 */
export function probe(session: Upgradable, transport: ClientTransport): void {
  let hasEnded = false;
  let hasAnswer = false;
  const end = (): void => {
    hasEnded = true;
    unlisten();
    transport.removeAllListeners();
  };
  const fail = (cause: unknown): void => {
    if (hasEnded) return;
    end();
    transport.close();
    if (hasAnswer) {
      session.upgrading = false;
      session.transport.resume?.();
    }
    const error = transportError('probe error', cause);
    session.emit('upgradeError', Object.assign(error, { transport: transport.name }));
    session.flush();
  };
  const adopt = (): void => {
    if (hasEnded) return;
    end();
    session.setTransport(transport);
    transport.send([{ type: 'upgrade' }]);
    session.emit('upgrade', transport);
    session.upgrading = false;
    session.flush();
  };
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
