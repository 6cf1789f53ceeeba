/** The options of events that clients may send again: what is remembered, and who owns the keys. */
import type { Untyped } from '../../base/event-map.js';
import { bytes, count, fn, milliseconds } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';
import type { Room, SocketId } from '../event/target.js';
import type { Handshake } from '../socket/handshake.js';

/** A socket whose keys belong to an owner. */
export interface KeyOwner {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: ReadonlySet<Room>;
  /** The data that the application keeps with the socket. */
  readonly data: Untyped;
}

/** The table of `idempotency`. */
export const idempotencyTable = options('idempotency', {
  /** Time for which an answer is remembered. An event that is sent again later counts as new. @default 86400000 */
  ageMax: milliseconds(24 * 60 * 60 * 1_000, { max: Number.POSITIVE_INFINITY }),
  /**
   * Events that are remembered in memory. Beyond that, the oldest count as new when they are sent again. @default
   * 100000
   */
  countMax: count(100_000),
  /**
   * Bytes of memory for these events. Beyond that, the oldest count as new when they are sent again. @default 67108864
   */
  bytesMax: bytes(64 * 1024 * 1024),
  /**
   * Answers in the store of the backplane, for all processes that share it. Beyond that, the oldest are
   * dropped. @default 1000000
   */
  storedCountMax: count(1_000_000),
  /** Bytes of these answers and their keys. Beyond that, the oldest are dropped. @default 268435456 */
  storedBytesMax: bytes(256 * 1024 * 1024),
  /**
   * Names the owner of a socket's keys, such as a user, when an event arrives. Owners do not share keys, so keys need
   * not be secrets. The key of a socket for which it returns undefined has to be one.
   * @default none: a key is a secret of its client, of 20 characters or more
   */
  scope: fn<(socket: KeyOwner) => string | undefined>(),
});

/** Memory of the answers to events with a key, so that no listener gets such an event twice. docs/delivery.md. */
export interface IdempotencyOptions extends OptionsOf<typeof idempotencyTable> {}

/** Bounds of what is remembered, and the owner of a key. */
export type IdempotencySettings = SettingsOf<typeof idempotencyTable>;
