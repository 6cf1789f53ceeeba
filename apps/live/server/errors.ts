/** The errors with which the application refuses something. */
import type { Refusal, StreamFault } from '../shared/protocol.js';

/** A refusal that Naru sends to the client: `message` is for a person, and `data.code` of `connect_error` is for a program. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: Refusal;
  readonly data: { readonly code: Refusal };

  constructor(code: Refusal, message: string) {
    super(message);
    this.code = code;
    this.data = { code };
  }
}

/** A stream that breaks a rule. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamFault;

  constructor(code: StreamFault) {
    super(`The stream was refused: ${code}.`);
    this.code = code;
  }
}
