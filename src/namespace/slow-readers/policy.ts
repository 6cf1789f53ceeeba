/** What is to become of events for a client that reads slower than others write. */
import { ConfigError } from '../../base/errors.js';

/**
 * `catch-up`: it reads from the log what it gets. `drop-oldest`: the oldest events that wait go. `newest-per-key`: of the events with one
 * key only the newest waits. `disconnect`: its session ends, and it may come back. `hold`: whoever emits is told to wait.
 */
export type SlowPolicyName = 'catch-up' | 'drop-oldest' | 'newest-per-key' | 'disconnect' | 'hold';

/** What an application says of a namespace or a room. */
export interface SlowPolicy {
  /** What becomes of events for a client that has more than `bytesMax` waiting. */
  readonly policy: SlowPolicyName;
  /** Bytes that may wait for one client. 1 or more. @default the option `slowReaders.bytesMax` of the server */
  readonly bytesMax?: number;
}

/** A policy as delivery asks for it. */
export interface ActivePolicy {
  readonly name: SlowPolicyName;
  readonly bytesMax: number;
  /** Bytes in the outbox and the transport beyond which the policy has a say: half of the budget where the other half is a backlog. */
  readonly limit: number;
  /** Whether events may be dropped: then they wait where that can be done as soon as the connection takes no more. */
  readonly isDropping: boolean;
}

const NAMES: readonly SlowPolicyName[] = ['catch-up', 'drop-oldest', 'newest-per-key', 'disconnect', 'hold'];

/** The active form of a policy, with its defaults. Throws ConfigError for one that cannot be, or that needs a log where there is none. */
export function activePolicy({ policy, bytesMax }: SlowPolicy, bytesDefault: number, hasLog: boolean): ActivePolicy {
  if (!NAMES.includes(policy))
    throw new ConfigError('BAD_OPTION', `the policy is ${String(policy)}; give one of "${NAMES.join('", "')}"`);
  if (bytesMax !== undefined && !(typeof bytesMax === 'number' && bytesMax >= 1))
    throw new ConfigError('BAD_OPTION', `"bytesMax" is ${String(bytesMax)}; give a number of 1 or more`);
  if (policy === 'catch-up' && !hasLog)
    throw new ConfigError(
      'BAD_OPTION',
      'there is no log to catch up from; set "backplane" or "connectionStateRecovery", or choose another policy',
    );
  const bytes = bytesMax ?? bytesDefault;
  const isDropping = policy === 'drop-oldest' || policy === 'newest-per-key';
  return Object.freeze({ name: policy, bytesMax: bytes, limit: isDropping ? bytes / 2 : bytes, isDropping });
}
