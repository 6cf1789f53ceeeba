/** A session on a transport in memory and a fake clock, with its events. */

import { FakeClock, MemoryTransport, type MemoryTransportOptions } from '../../../testing/src/index.js';
import { ClosingSessions } from '../../src/session/closing-sessions.js';
import { HandshakeRequest } from '../../src/session/handshake-request.js';
import { Heartbeats } from '../../src/session/heartbeat.js';
import { Outbox } from '../../src/session/outbox.js';
import { Session } from '../../src/session/session.js';
import type { SessionContext } from '../../src/session/session-context.js';
import type { TransportHandler } from '../../src/transport/transport.js';
import { requestOf } from './request.js';

const NOBODY: TransportHandler = { onData: () => undefined, onWritable: () => undefined, onClose: () => undefined };

export interface SessionLog {
  readonly clock: FakeClock;
  readonly context: SessionContext<Session>;
  readonly session: Session;
  readonly transport: MemoryTransport;
  readonly messages: (string | Uint8Array)[];
  readonly closed: [reason: string, code: string | undefined][];
  /** Sessions that reported their end to the engine. */
  readonly ended: Session[];
}

export function openSession(
  given: MemoryTransportOptions & { bufferedBytesMax?: number; closeTimeoutMs?: number } = {},
): SessionLog {
  const { bufferedBytesMax = 1_000, closeTimeoutMs = 3_000, ...options } = given;
  const clock = new FakeClock();
  const ended: Session[] = [];
  const context: SessionContext<Session> = {
    clock,
    outbox: new Outbox(clock),
    heartbeats: new Heartbeats(clock, 1_000, 500),
    closingSessions: new ClosingSessions(clock, closeTimeoutMs),
    upgradeTimeout: 2_000,
    bufferedBytesMax,
    handshakeOf: (session) => `{"sid":"${session.id}"}`,
    isWatched: false,
    onEvent: () => undefined,
    onClosed: (session) => ended.push(session),
  };
  const transport = new MemoryTransport(clock, NOBODY, options);
  const session = new Session(context, 'sid-1', transport, new HandshakeRequest(requestOf('/engine.io/?EIO=4')));
  const messages: (string | Uint8Array)[] = [];
  const closed: [string, string | undefined][] = [];
  session.receiver = {
    onMessage: (data) => messages.push(data),
    onClose: (reason, description) => closed.push([reason, (description as { code?: string } | undefined)?.code]),
  };
  session.open();
  return { clock, context, session, transport, messages, closed, ended };
}
