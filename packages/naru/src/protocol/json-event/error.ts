/** Writes the JSON of a refusal on plain wires: `{"error":{"code":"FORBIDDEN","message":"..."}}`. */
import { encodeValue } from './message.js';

/** Why a request was not carried out. */
export interface JsonError {
  /** For programs, in upper case. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** The room that the request was about. */
  readonly room?: string | undefined;
  /** Details from the application. */
  readonly data?: unknown;
}

/** Encodes an error as JSON. `id` is the id of the answered message. `data` becomes `null` if JSON cannot hold it. */
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
