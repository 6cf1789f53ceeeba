/** What reaches the clients of this process alone, although other processes may share the backplane. */
import type { Backplane } from '../backplane/backplane.js';
import { getOrCreate } from '../base/get-or-create.js';
import type { Flags } from './target.js';

const warned = new WeakMap<Backplane, Set<string>>();

/** Warns, once for each backplane and method, where other processes may share the backplane and the flag `local` does not stand. */
export function warnOfLocalReach(backplane: Backplane | undefined, method: string, { local }: Flags): void {
  if (local || !backplane?.store.isDurable) return;
  const methods = getOrCreate(warned, backplane, () => new Set());
  if (methods.has(method)) return;
  methods.add(method);
  process.emitWarning(
    `${method} reaches the clients of this process only, although others may share the backplane. Begin with "local", as in io.local, to say that this is meant.`,
    { code: 'NARU_LOCAL_ONLY' },
  );
}
