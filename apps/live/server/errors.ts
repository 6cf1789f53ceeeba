/** The errors with which the application refuses something. */
import { RefusedError as RefusedErrorOf } from 'naru-apps-kit/server/errors.js';
import type { Refusal, StreamFault } from '../shared/protocol.js';

/** A refusal of a connection. */
export class RefusedError extends RefusedErrorOf<Refusal> {}

/** A stream that breaks a rule. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamFault;

  constructor(code: StreamFault) {
    super(`The stream was refused: ${code}.`);
    this.code = code;
  }
}
