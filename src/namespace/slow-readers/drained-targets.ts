/** Waiting for many sockets at once, where one of them that has stalled must not hold up those who emit for ever. */
import { readOptions } from '../../base/options/table.js';
import type { Rooms } from '../rooms.js';
import type { Member } from '../socket/socket.js';
import type { Target } from '../target.js';
import { type DrainedOptions, drainedTable } from './drain-waits.js';
import type { SlowReaders } from './slow-readers.js';

/** A namespace whose sockets are waited for. */
export interface DrainedNamespace {
  readonly members: Rooms<Member>;
  readonly slowReaders: SlowReaders;
  /** Carries out what broadcasts put off. */
  settle(): void;
}

const TIMEOUT_MS = 10_000;
const NO_OPTIONS: DrainedOptions = {};

/** Resolves with `true` once all sockets of a target are within its budget, or gone; with `false` after `timeoutMs`. */
export async function allDrained(
  namespace: DrainedNamespace,
  target: Target,
  options?: DrainedOptions,
): Promise<boolean> {
  const { members, slowReaders } = namespace;
  namespace.settle();
  const { timeoutMs = TIMEOUT_MS, signal } = options ? readOptions(drainedTable, options) : NO_OPTIONS;
  const bytesMax = slowReaders.budgetOf(target.rooms);
  const waits: Promise<string>[] = [];
  members.forEach(target, (member) => {
    if (member.connected && slowReaders.isOver(member, bytesMax))
      waits.push(slowReaders.drained(member, bytesMax, { timeoutMs, ...(signal && { signal }) }));
  });
  return (await Promise.all(waits)).every((outcome) => outcome !== 'timeout');
}

/** Whether no socket of a target is known to be over its budget, where whoever emits is asked to wait. */
export function acceptsMore({ members, slowReaders }: DrainedNamespace, target: Target): boolean {
  if (!slowReaders.isActive || slowReaders.policies.of(target.rooms)?.name !== 'hold') return true;
  return !slowReaders.someHeld((id) => members.isIn(target, id));
}
