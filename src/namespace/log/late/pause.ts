/** Work that belongs at one place in the order of a socket. */
import type { Room } from '../../target.js';

/** Work that belongs at one place in the order of a reader, such as sending a page of history. The reader gets nothing more until it is done. */
export interface Pause {
  /**
   * Called when the reader has got everything before this place. Resolves when the reader may go on, and never rejects: with the rooms that it
   * has joined at this place and is not in after all.
   */
  begin(): Promise<readonly Room[]>;
  /** Called instead of `begin` if the reader has gone. */
  cancel(): void;
}
