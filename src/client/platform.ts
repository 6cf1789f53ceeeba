/** What differs between Node, browsers and the smaller bundles: injected, so that none carries what it does not use. */
import type { BinaryType, EngineOptions, TransportClass } from './engine-options.js';

/** The parts of a platform. */
export interface Platform {
  /** The transports by name. */
  readonly transports: Readonly<Record<string, TransportClass>>;
  /** The names of those that are used when the user says nothing, in the order of trial. */
  readonly defaults: readonly string[];
  /** How bytes are given to listeners. */
  readonly binaryType: BinaryType;
  /** Where it is remembered, beyond this program's end, at which servers a WebSocket has worked. It may throw. */
  readonly storage?: () => Storage;
  /** Completes the options of one session; they are its own copy. */
  readonly prepare?: (options: EngineOptions) => void;
}
