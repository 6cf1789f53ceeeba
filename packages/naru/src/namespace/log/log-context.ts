/** The part of a namespace that its log uses. */
import type { Offset } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import type { Answer } from '../../base/steps/answer.js';
import type { PacketCodec } from '../event/codec.js';
import type { TrafficCounts } from './counts.js';
import type { Fences } from './fences.js';

/** The settings of a log, and the functions that it calls. */
export interface NamespaceLogContext {
  readonly clock: Clock;
  readonly codec: PacketCodec;
  /** Counts what this process hears of the log and asks of it. */
  readonly counts?: TrafficCounts;
  /** The most rooms of which the places of their records are noted. @default 10000 */
  readonly indexedRoomsMax?: number;
  /** The flights of all namespaces. */
  readonly confirmations?: Fences['confirmations'];
  /** Called when the log fails. Events that could not be stored are still delivered. */
  onLogError(error: unknown, namespace: string): void;
  /** Delivers the records that other processes have appended. */
  onRefresh?(): Answer<void>;
  /** Called before events are appended. State that these events may reveal to a client has to be written first. */
  onAppending?(): void;
  /** Called when records were erased. Events that are kept in memory must be forgotten. */
  onErased?(): void;
  /** Called at a gap record: a home may have lost the newest records, and the newest texts with them. */
  onLoss?(): void;
  /** Called when this process begins to hear the namespace. Returns the function that is called when that ends. */
  onHeard?(): (() => void) | undefined;
  /** Called with a message from another process, at its place in the log. */
  onTold?(message: readonly unknown[], offset: Offset): void;
}
