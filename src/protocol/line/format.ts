/** Writes the lines that a person reads and a script can parse: the first character of each says what it is. */
import { encodeError } from '../json-event/error.js';
import { encodeAckMessage, encodeEventMessage, encodeValue } from '../json-event/message.js';
import { escapeHarmful, writeText, writeValues, writeWord } from './words.js';

/** What a line about an event shows. */
export interface ShownEvent {
  readonly name: string;
  readonly args: readonly unknown[];
  /** The rooms that it was sent to, where they say something. */
  readonly rooms: readonly string[];
  /** The number under which its sender waits for an answer. */
  readonly id: number | undefined;
}

/** What an error line says besides. */
export interface ErrorDetails {
  /** The number of the message that it answers. */
  readonly id?: number | undefined;
  /** The room that it is about. */
  readonly room?: string | undefined;
  /** What the application says. */
  readonly data?: unknown;
}

/** Writes what happens, each as one line with its end. */
export interface LineFormat {
  /** An event: `say "hi"`, in a room `#lobby say "hi"`, with an answer wanted `?7 say "hi"`. */
  event(event: ShownEvent): string;
  /** The answer to an event of the client's: `= 7 "yes"`. */
  ack(id: number, args: readonly unknown[]): string;
  /** Something that was not done, or the reason for an end: `! message`. */
  error(code: string, message: string, details?: ErrorDetails): string;
  /** Something that was done: `* joined lobby`. */
  done(what: 'joined' | 'left' | 'entered', name: string): string;
  /** The rooms that the client is in: `* rooms lobby "my room"`. */
  rooms(names: readonly string[]): string;
  /** Words for people: `* words`. */
  note(text: string): string;
}

/** Lines for people. */
export const TEXT_FORMAT: LineFormat = {
  event: ({ name, args, rooms, id }) =>
    line([
      ...rooms.map((room) => `#${writeWord(room)}`),
      id === undefined ? '' : `?${id}`,
      writeWord(name),
      writeValues(args),
    ]),
  ack: (id, args) => line(['=', String(id), writeValues(args)]),
  error: (_code, message, { data } = {}) => line(['!', writeText(message), data === undefined ? '' : writeData(data)]),
  done: (what, name) => line(['*', what, name.startsWith('/') ? writeText(name) : writeWord(name)]),
  rooms: (names) => line(['* rooms', ...names.map(writeWord)]),
  note: (text) => line(['*', text]),
};

/** Lines for programs: each is the JSON of one object. */
export const JSON_FORMAT: LineFormat = {
  event: ({ name, args, rooms, id }) =>
    json(encodeEventMessage(name, encodeValue(args), { room: rooms.length === 1 ? rooms[0] : undefined, id })),
  ack: (id, args) => json(encodeAckMessage(id, args)),
  error: (code, message, { id, room, data } = {}) => json(encodeError({ code, message, room, data }, id)),
  done: (what, name) => json(JSON.stringify({ [what]: name })),
  rooms: (names) => json(JSON.stringify({ rooms: names })),
  note: (text) => json(JSON.stringify({ note: text })),
};

/** What the application says besides; the refusal matters more than data that cannot be shown. */
function writeData(data: unknown): string {
  try {
    return writeValues([data]);
  } catch {
    return '';
  }
}

function line(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join(' ')}\n`;
}

function json(text: string): string {
  return `${escapeHarmful(text)}\n`;
}
