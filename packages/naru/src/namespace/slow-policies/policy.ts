/** The policies for events to a client that reads more slowly than others write. */
import { ConfigError } from '../../base/errors.js';
import { bytes, milliseconds, oneOf } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions, refusal } from '../../base/options/table.js';
import type { SlowPolicyName } from '../../session/slow-report.js';

/** The names of all policies. */
export const SLOW_POLICY_NAMES = [
  'catch-up',
  'drop-oldest',
  'newest-per-key',
  'newest-group',
  'disconnect',
  'hold',
] as const satisfies readonly SlowPolicyName[];

/** Milliseconds that a client may be behind, by default. A second and a half still feels live. */
const BEHIND_MS = 1_500;
/** The bounds of this time. The server asks for a sign of life twice a second, so it notices nothing shorter. */
const BEHIND_RANGE = { min: 100, max: 60_000 } as const;

/** The table of a policy. */
export const policyTable = options('slow', {
  /** Policy for the events of a client that has more than `bytesMax` waiting. */
  policy: oneOf(SLOW_POLICY_NAMES, undefined),
  /** Bytes that may wait for one client. @default the option `slowReaders.bytesMax` of the server */
  bytesMax: bytes(undefined),
  /** Milliseconds that a client may be behind. Only `newest-group` takes it. @default 1500 */
  behindMax: milliseconds(undefined, BEHIND_RANGE),
});

/** The policy of a namespace or a room. */
export interface SlowPolicy extends OptionsOf<typeof policyTable> {
  policy: SlowPolicyName;
}

/** Whether events go to clients by groups. */
export function hasGroups(policy: ActivePolicy | undefined): policy is ActivePolicy {
  return policy?.name === 'newest-group';
}

/** A policy in the form that delivery uses. */
export interface ActivePolicy {
  readonly name: SlowPolicyName;
  readonly bytesMax: number;
  /**
   * The policy applies beyond this many bytes in the outbox and the transport. Policies with a backlog use half of the
   * budget for it.
   */
  readonly limit: number;
  /** Whether events may be dropped. If so, they wait in a backlog as soon as the connection takes no more. */
  readonly isDropping: boolean;
  /** Milliseconds that a client may be behind before it misses groups. Infinite unless the policy is `newest-group`. */
  readonly behindMaxMs: number;
}

/**
 * Returns the active form of a policy, with its defaults. Throws ConfigError if it is invalid, or if it needs a missing
 * log.
 */
export function activePolicy(given: SlowPolicy, bytesDefault: number, hasLog: boolean): ActivePolicy {
  const { policy, bytesMax = bytesDefault, behindMax } = readOptions(policyTable, given);
  if (policy === undefined) throw refusal('slow.policy', policyTable.entries.policy.expects, policy);
  if (policy === 'catch-up' && !hasLog)
    throw new ConfigError(
      'BAD_OPTION',
      'there is no log to catch up from: set "backplane" or "connectionStateRecovery", or choose another policy',
    );
  const isGrouped = policy === 'newest-group';
  if (behindMax !== undefined && !isGrouped)
    throw new ConfigError('BAD_OPTION', `Option "behindMax" is only for the policy "newest-group", not "${policy}".`);
  const isDropping = isGrouped || policy === 'drop-oldest' || policy === 'newest-per-key';
  const limit = isDropping ? bytesMax / 2 : bytesMax;
  const behindMaxMs = isGrouped ? (behindMax ?? BEHIND_MS) : Number.POSITIVE_INFINITY;
  return Object.freeze({ name: policy, bytesMax, limit, isDropping, behindMaxMs });
}
