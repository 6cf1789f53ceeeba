/** The part of an engine that its sessions use. */
import type { Clock } from '../base/clock.js';
import type { ClosingSessions } from './closing-sessions.js';
import type { Heartbeats } from './heartbeat.js';
import type { Outbox } from './outbox.js';

/** The services and settings that all sessions of an engine share. */
export interface SessionContext<Session = unknown> {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly heartbeats: Heartbeats;
  /** Bounds the end of sessions whose clients do not read. */
  readonly closingSessions: ClosingSessions;
  /** How long an upgrade may take, in milliseconds. */
  readonly upgradeTimeout: number;
  /** The most bytes that may wait for one session. If more wait, the session ends with `transport error`. */
  readonly bufferedBytesMax: number;
  /** Returns the text of a session's handshake packet. */
  handshakeOf(session: Session): string;
  /** Whether the engine has listeners for `flush` or `drain`. */
  readonly isWatched: boolean;
  /**
   * Called when a session has written packets (`flush`) or can write again (`drain`), and only while `isWatched` is
   * set.
   */
  onEvent(name: 'flush' | 'drain', session: Session, ...args: unknown[]): void;
  /** Called once when the session has ended, before its own `close` event. */
  onClosed(session: Session): void;
}
