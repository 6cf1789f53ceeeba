/** What is to become of events for a client that reads slower than others write. */
import { ConfigError } from '../../base/errors.js';
import { bytes, oneOf } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions, refusal } from '../../base/options/table.js';

/**
 * The names of all policies. `catch-up`: the client reads its events from the log. `drop-oldest`: the oldest events that wait are dropped.
 * `newest-per-key`: of the events with one key, only the newest waits. `disconnect`: its session ends, and it may come back. `hold`: the
 * sender is told to wait.
 */
export const SLOW_POLICY_NAMES = ['catch-up', 'drop-oldest', 'newest-per-key', 'disconnect', 'hold'] as const;

/** The name of a policy. */
export type SlowPolicyName = (typeof SLOW_POLICY_NAMES)[number];

/** The table of a policy. */
export const policyTable = options('slow', {
  /** Policy for the events of a client that has more than `bytesMax` waiting. */
  policy: oneOf(SLOW_POLICY_NAMES, undefined),
  /** Bytes that may wait for one client. @default the option `slowReaders.bytesMax` of the server */
  bytesMax: bytes(undefined),
});

/** The policy of a namespace or a room. */
export interface SlowPolicy extends OptionsOf<typeof policyTable> {
  policy: SlowPolicyName;
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

/** The active form of a policy, with its defaults. Throws ConfigError for one that cannot be, or that needs a log where there is none. */
export function activePolicy(given: SlowPolicy, bytesDefault: number, hasLog: boolean): ActivePolicy {
  const { policy, bytesMax = bytesDefault } = readOptions(policyTable, given);
  if (policy === undefined) throw refusal('slow.policy', policyTable.entries.policy.expects, policy);
  if (policy === 'catch-up' && !hasLog)
    throw new ConfigError(
      'BAD_OPTION',
      'there is no log to catch up from; set "backplane" or "connectionStateRecovery", or choose another policy',
    );
  const isDropping = policy === 'drop-oldest' || policy === 'newest-per-key';
  return Object.freeze({ name: policy, bytesMax, limit: isDropping ? bytesMax / 2 : bytesMax, isDropping });
}
