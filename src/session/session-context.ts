/** What a session needs of its engine. */
import type { Clock } from '../base/clock.js';
import type { Heartbeats } from './heartbeat.js';
import type { Outbox } from './outbox.js';

/** What all sessions of an engine have in common. */
export interface SessionContext<Session = unknown> {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly heartbeats: Heartbeats;
  /** Time in milliseconds that an upgrade may take. */
  readonly upgradeTimeout: number;
  /** Size in bytes that may wait for one session; beyond it the session ends with `transport error`. */
  readonly bufferedBytesMax: number;
  /** The text of the handshake packet of a session. */
  handshakeOf(session: Session): string;
  /** Whether somebody listens at the engine to what its sessions write. */
  readonly isWatched: boolean;
  /** Sessions wrote, or can write again. Called only while `isWatched`. */
  onEvent(name: 'flush' | 'drain', session: Session, ...args: unknown[]): void;
  /** The session ended; called once, before its own `close` event. */
  onClosed(session: Session): void;
}
