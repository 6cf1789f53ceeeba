/** Settings of slow readers for tests: no policy, and small bounds. */
import type { SlowSettings } from '../../../src/namespace/slow-policies/namespace-policies.js';

export const WITHOUT_POLICY: SlowSettings = {
  policy: undefined,
  policyWithoutLog: undefined,
  bytesMax: 1_000,
  roomsMax: 10,
  bufferedBytesMax: 10_000,
};
