/** The error with which an application refuses a connection or a request. */

/**
 * A refusal that Naru sends to the client: `message` is for a person, and `data.code` of `connect_error` is for a
 * program.
 */
export class RefusedError<Code extends string> extends Error {
  override readonly name = 'RefusedError';
  readonly code: Code;
  readonly data: { readonly code: Code };

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
    this.data = { code };
  }
}
