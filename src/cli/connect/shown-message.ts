/** Reads what a server shows on the plain wires: the messages that clients send too, and where an event stands in the log. */
import { type JsonMessage, readMessage } from '../../protocol/json-event/message.js';

/** The message that a value is, without its `offset`; `undefined` when it is none. Throws JSON_BAD_EVENT when it is one, and is wrong otherwise. */
export function readShown(value: unknown): JsonMessage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { offset: _, ...message } = value as Record<string, unknown>;
  return readMessage(message);
}
