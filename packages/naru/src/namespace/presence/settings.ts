/** The options of presence, and the times and bounds that follow from them. */
import { bytes, count, milliseconds } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';

/** The table of `presence`. */
export const presenceTable = options('presence', {
  /**
   * Time for which a client that lost its connection still counts as present. @default 0, or 10000 with
   * connectionStateRecovery
   */
  grace: milliseconds(undefined, { min: 0 }),
  /**
   * Time after which a killed process counts as gone, with all clients that were connected to it.
   * @default 15000 (number of milliseconds, 1000 or more)
   */
  lease: milliseconds(15_000, { min: 1_000 }),
  /**
   * Longest time until other processes that share the store see a change. @default 1000 (number of milliseconds, 50 or
   * more)
   */
  pollInterval: milliseconds(1_000, { min: 50 }),
  /** Connections that may be present in a room. One more throws. @default 10000 */
  connectionsMax: count(10_000),
  /** Members that a client is told of at once, the earliest first. The count includes the others. @default 1000 */
  membersMax: count(1_000),
  /** Bytes of the JSON of one state. A larger one throws. @default 4096 */
  stateBytesMax: bytes(4_096),
});

/** Times and bounds of presence. */
export interface PresenceServerOptions extends OptionsOf<typeof presenceTable> {}

const GRACE_MS = 10_000;

/** Returns the settings of presence. `recoveryMs` is the time for which sessions are kept. */
export function presenceSettings(
  { grace, lease, pollInterval, ...bounds }: SettingsOf<typeof presenceTable>,
  recoveryMs = 0,
) {
  return Object.freeze({
    graceMs: grace ?? Math.min(GRACE_MS, recoveryMs),
    leaseMs: lease,
    // A process writes three signs of life per lease, however long `pollInterval` is.
    pollMs: Math.min(pollInterval, lease / 3),
    ...bounds,
  });
}

/** Bounds and times of presence. */
export type PresenceSettings = ReturnType<typeof presenceSettings>;
