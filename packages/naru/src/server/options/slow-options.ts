/** The options for clients that read slowly. */
import { ConfigError } from '../../base/errors.js';
import { bytes, count, oneOf } from '../../base/options/kinds.js';
import { type OptionsOf, options, type SettingsOf } from '../../base/options/table.js';
import type { SlowSettings } from '../../namespace/slow-policies/namespace-policies.js';
import { activePolicy, policyTable, SLOW_POLICY_NAMES, type SlowPolicy } from '../../namespace/slow-policies/policy.js';
import type { SlowPolicyName } from '../../session/slow-report.js';

/** The table of `slowReaders`. */
export const slowReadersTable = options('slowReaders', {
  /** Policy for events that wait. @default `catch-up` with a log, else `bufferedBytesMax` alone */
  policy: oneOf(SLOW_POLICY_NAMES, undefined),
  /** Bytes that may wait for one client before the policy applies. @default lateBytesMax */
  bytesMax: bytes(undefined),
  /** Milliseconds that a client may be behind. Only the policy `newest-group` takes it. @default 1500 */
  behindMax: policyTable.entries.behindMax,
  /** Rooms of a namespace with a policy of their own. One more throws. @default 10000 */
  roomsMax: count(10_000),
});

/** Policy for clients that read slowly, if neither their namespace nor the room has one. */
export interface SlowReadersOptions extends OptionsOf<typeof slowReadersTable> {}

/** Returns the settings of policies. Throws ConfigError for a policy that needs a log when the server has none. */
export function slowSettings(
  { policy, bytesMax, behindMax, roomsMax }: SettingsOf<typeof slowReadersTable>,
  { lateBytesMax, bufferedBytesMax }: { readonly lateBytesMax: number; readonly bufferedBytesMax: number },
  hasLog: boolean,
): SlowSettings {
  const bytes = bytesMax ?? lateBytesMax;
  // A budget without a policy means `disconnect` when no log exists to catch up from.
  const budgeted = bytesMax === undefined ? undefined : 'disconnect';
  const withPolicy = (chosen: SlowPolicyName | undefined): SlowPolicy | undefined =>
    chosen && Object.freeze({ policy: chosen, bytesMax: bytes, ...(behindMax !== undefined && { behindMax }) });
  const given = withPolicy(policy ?? (hasLog ? undefined : budgeted));
  if (given) activePolicy(given, bytes, hasLog);
  else if (behindMax !== undefined)
    throw new ConfigError('BAD_OPTION', 'Option "slowReaders.behindMax" needs the policy "newest-group".');
  return Object.freeze({
    policy: given,
    policyWithoutLog: withPolicy(policy === 'catch-up' ? budgeted : (policy ?? budgeted)),
    bytesMax: bytes,
    roomsMax,
    bufferedBytesMax,
  });
}
