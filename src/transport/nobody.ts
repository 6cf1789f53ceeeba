/** Takes what a transport tells while nobody wants to know: before a session has it, and after one has left it. */
import type { TransportHandler } from './transport.js';

/** A handler that does nothing. */
export const NOBODY: TransportHandler = Object.freeze({
  onData: () => undefined,
  onWritable: () => undefined,
  onClose: () => undefined,
});
