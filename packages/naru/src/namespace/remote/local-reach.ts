/** Warns of calls that do not reach other processes, although others may share the backplane. */
import type { Backplane } from '../../backplane/backplane.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { Flags } from '../event/target.js';

const warned = new WeakMap<Backplane, Set<string>>();

/** Warns, once per backplane and method, if other processes may share the backplane and the flag `local` is not set. */
export function warnOfLocalReach(backplane: Backplane | undefined, method: string, { local }: Flags): void {
  if (local || !backplane?.store.isDurable) return;
  const methods = getOrCreate(warned, backplane, () => new Set());
  if (methods.has(method)) return;
  methods.add(method);
  process.emitWarning(
    `${method} reaches only the clients of this process, although other processes may share the backplane. If that is intended, start the call with "local", as in io.local.`,
    { code: 'NARU_LOCAL_ONLY' },
  );
}
