/** How plain wires say in JSON that something was not done: `{"error":{"code":"FORBIDDEN","message":"..."}}`. */
import { encodeValue } from './message.js';

/** What was not done, and why. */
export interface JsonError {
  /** For programs; upper case. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** The room that it is about. */
  readonly room?: string | undefined;
  /** What the application says besides. */
  readonly data?: unknown;
}

/** An error as JSON; `id` is that of the message that it answers. What JSON cannot hold of `data` is left out. */
export function encodeError({ code, message, room, data }: JsonError, id?: number): string {
  let text = `{"error":{"code":${JSON.stringify(code)},"message":${JSON.stringify(message)}`;
  if (room !== undefined) text += `,"room":${JSON.stringify(room)}`;
  if (data !== undefined) text += `,"data":${encodeData(data)}`;
  return id === undefined ? `${text}}}` : `${text}},"id":${id}}`;
}

function encodeData(data: unknown): string {
  try {
    return encodeValue(data);
  } catch {
    // The refusal matters more than its details.
    return 'null';
  }
}
