/** Tells which backplanes connect processes. */
import type { Backplane } from './backplane.js';

/** Whether a backplane connects the servers of several processes. */
export function isShared(backplane: Backplane | undefined): backplane is Backplane {
  return backplane?.store.isDurable === true || backplane?.isCarrier === true;
}
