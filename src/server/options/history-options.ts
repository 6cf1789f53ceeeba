/** The options of history and presence: default, unit, bounds and what happens at the bound. */
import { ConfigError } from '../../base/errors.js';
import type { HistorySettings } from '../../namespace/history/history.js';
import type { PresenceSettings } from '../../namespace/presence/settings.js';

/** Bounds of what `namespace.history` reads at once. */
export interface HistoryOptions {
  /** Events of a page; who asks for more gets so many. 1 or more. @default 1000 */
  eventsMax?: number;
  /** Bytes of memory of a page's events; beyond it the page ends, and the next goes on. 1 or more. @default 1048576 */
  bytesMax?: number;
  /** Records of the log that are looked at for a page; beyond it the page ends, and the next goes on. 1 or more. @default 10000 */
  recordsMax?: number;
}

/** Times and bounds of presence. */
export interface PresenceServerOptions {
  /** Milliseconds for which who lost the connection still counts as here. 0 to 2^31-1. @default 0, or 10000 with connectionStateRecovery */
  grace?: number;
  /** Milliseconds after which a process that was killed counts as gone, with all who were connected to it. 1000 to 2^31-1. @default 15000 */
  lease?: number;
  /** Milliseconds until other processes see a change, at most; where they share a store. 50 to 2^31-1. @default 1000 */
  pollInterval?: number;
  /** Connections that may be present in a room; one more throws. 1 or more. @default 10000 */
  connectionsMax?: number;
  /** Members that a client is told of at once, those who came first; the count tells of the others. 1 or more. @default 1000 */
  membersMax?: number;
  /** Bytes of the JSON of a state; one that has more throws. 1 or more. @default 4096 */
  stateBytesMax?: number;
}

const TIMER_MAX = 2 ** 31 - 1;
const INFINITE = Number.POSITIVE_INFINITY;
type Ranges = Readonly<Record<string, readonly [least: number, most: number]>>;

const HISTORY_RANGES: Ranges = { eventsMax: [1, INFINITE], bytesMax: [1, INFINITE], recordsMax: [1, INFINITE] };

const PRESENCE_RANGES: Ranges = {
  grace: [0, TIMER_MAX],
  lease: [1_000, TIMER_MAX],
  pollInterval: [50, TIMER_MAX],
  connectionsMax: [1, INFINITE],
  membersMax: [1, INFINITE],
  stateBytesMax: [1, INFINITE],
};

const GRACE_MS = 10_000;

/** The options of history with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleHistoryOptions(options: HistoryOptions = {}): HistorySettings {
  check('history', options, HISTORY_RANGES);
  const { eventsMax = 1_000, bytesMax = 1024 * 1024, recordsMax = 10_000 } = options;
  return Object.freeze({ eventsMax, bytesMax, recordsMax });
}

/** The options of presence with defaults; `recoveryMs` is for how long sessions are kept. Throws as `settleHistoryOptions`. */
export function settlePresenceOptions(
  options: PresenceServerOptions = {},
  recoveryMs: number | undefined,
): PresenceSettings {
  check('presence', options, PRESENCE_RANGES);
  const { lease = 15_000, connectionsMax = 10_000, membersMax = 1_000, stateBytesMax = 4_096 } = options;
  return Object.freeze({
    graceMs: options.grace ?? Math.min(GRACE_MS, recoveryMs ?? 0),
    leaseMs: lease,
    // Three signs of life in a lease, whatever was asked for.
    pollMs: Math.min(options.pollInterval ?? 1_000, lease / 3),
    connectionsMax,
    membersMax,
    stateBytesMax,
  });
}

function check(group: string, options: object, ranges: Ranges): void {
  for (const [name, value] of Object.entries(options)) {
    const range = ranges[name];
    if (!range)
      throw new ConfigError('BAD_OPTION', `there is no option "${group}.${name}"; there are ${Object.keys(ranges)}`);
    const [least, most] = range;
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) continue;
    throw new ConfigError(
      'BAD_OPTION',
      `the option "${group}.${name}" is ${String(value)}; give a number ${most === INFINITE ? `of ${least} or more` : `from ${least} to ${most}`}`,
    );
  }
}
