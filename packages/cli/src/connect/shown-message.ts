/**
 * Reads the messages of a server on the plain wires. They have the form of a client's messages, plus the offset of the
 * event in the log.
 */
import { type JsonMessage, readMessage } from 'naru/protocol';

/**
 * Returns the message in a value, without its `offset`, or `undefined` for anything else. Throws JSON_BAD_EVENT for a
 * malformed message.
 */
export function readShown(value: unknown): JsonMessage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { offset: _, ...message } = value as Record<string, unknown>;
  return readMessage(message);
}
