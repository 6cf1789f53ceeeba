/** The options for clients that read slowly: default, unit, bounds and what happens at the bound. */
import { ConfigError } from '../../base/errors.js';
import type { SlowSettings } from '../../namespace/slow-readers/namespace-policies.js';
import { activePolicy, type SlowPolicyName } from '../../namespace/slow-readers/policy.js';

/** What becomes of events for clients that read slower than others write, where neither namespace nor room says it. */
export interface SlowReadersOptions {
  /** `catch-up`, `drop-oldest`, `newest-per-key`, `disconnect` or `hold`. @default `catch-up` where there is a log, else `bufferedBytesMax` alone */
  policy?: SlowPolicyName;
  /** Bytes that may wait for one client before the policy has a say. 1 or more. @default lateBytesMax */
  bytesMax?: number;
  /** Rooms of a namespace with a policy of their own; one more throws. 1 or more. @default 10000 */
  roomsMax?: number;
}

const NAMES = ['policy', 'bytesMax', 'roomsMax'];

/** The options with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleSlowOptions(
  options: SlowReadersOptions = {},
  { lateBytesMax, bufferedBytesMax }: { readonly lateBytesMax: number; readonly bufferedBytesMax: number },
  hasLog: boolean,
): SlowSettings {
  for (const name of Object.keys(options))
    if (!NAMES.includes(name))
      throw new ConfigError('BAD_OPTION', `there is no option "slowReaders.${name}"; there are ${NAMES.join(', ')}`);
  const { policy, bytesMax = lateBytesMax, roomsMax = 10_000 } = options;
  if (!(typeof roomsMax === 'number' && roomsMax >= 1))
    throw new ConfigError(
      'BAD_OPTION',
      `the option "slowReaders.roomsMax" is ${String(roomsMax)}; give a number of 1 or more`,
    );
  // A budget alone has the policy that goes without saying.
  const chosen = policy ?? (options.bytesMax !== undefined && !hasLog ? 'disconnect' : undefined);
  activePolicy({ policy: chosen ?? 'disconnect', bytesMax }, bytesMax, hasLog);
  return Object.freeze({
    policy: chosen === undefined ? undefined : Object.freeze({ policy: chosen, bytesMax }),
    bytesMax,
    roomsMax,
    bufferedBytesMax,
  });
}
