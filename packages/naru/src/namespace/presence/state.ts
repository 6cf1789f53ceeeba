/** The states that programs give to members. */
import { Buffer } from 'node:buffer';
import { ConfigError } from '../../base/errors.js';

/** Returns the JSON of a state. Throws ConfigError for a state that is not JSON, or has more than `bytesMax` bytes. */
export function encodeState(state: unknown, bytesMax: number): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(state ?? null);
  } catch (error) {
    throw new ConfigError('NOT_ENCODABLE', `a presence state must be JSON: ${(error as Error).message}`);
  }
  if (text === undefined)
    throw new ConfigError('NOT_ENCODABLE', `a presence state must be JSON, got a ${typeof state}`);
  if (Buffer.byteLength(text) > bytesMax)
    throw bad(`a presence state can have at most ${bytesMax} bytes: raise "presence.stateBytesMax" for more`);
  return text;
}

/** Returns the error for a wrong argument of presence. */
export function bad(message: string): ConfigError {
  return new ConfigError('BAD_ARGUMENT', message);
}
