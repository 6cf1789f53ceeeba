/** Writes the lines that a person reads and a script can parse: the first character of each says what it is. */
import { encodeError } from '../json-event/error.js';
import { encodeAckMessage, encodeEventMessage, encodeRoomAnswer, encodeValue } from '../json-event/message.js';
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

/** What is shown of the history of a room. */
export interface ShownHistory {
  readonly events: readonly {
    readonly offset: string;
    readonly at: number;
    readonly event: string;
    readonly args: readonly unknown[];
  }[];
  readonly hasMore: boolean;
  readonly hasGap: boolean;
  readonly next: string | undefined;
}

/** What is shown of who is in a room. */
export interface ShownPresence {
  readonly members: readonly { readonly id: string; readonly state: unknown }[];
  readonly count: number;
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
  /** What was sent to a room: `~ 2026-01-31T12:00:00.000Z #lobby say "hi"` for each event, and `* history lobby 1`, all with their ends. */
  history(room: string, page: ShownHistory): string;
  /** Who is in a room: `@ ann {"mood":"good"}` for each member, and `* present lobby 1`, all with their ends. */
  presence(room: string, list: ShownPresence): string;
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
  history: (room, { events, hasGap, next }) =>
    [
      ...events.map(({ at, event, args }) =>
        line(['~', new Date(at).toISOString(), `#${writeWord(room)}`, writeWord(event), writeValues(args)]),
      ),
      line([
        '* history',
        writeWord(room),
        String(events.length),
        hasGap ? 'older ones are gone' : '',
        next === undefined ? '' : `older: /history ${writeWord(room)} ${events.length || 50} ${next}`,
      ]),
    ].join(''),
  presence: (room, { members, count }) =>
    [
      ...members.map(({ id, state }) => line(['@', writeWord(id), state === null ? '' : writeValues([state])])),
      line(['* present', writeWord(room), String(count)]),
    ].join(''),
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
  history: (room, page) => json(encodeRoomAnswer('history', room, page, undefined)),
  presence: (room, list) => json(encodeRoomAnswer('presence', room, list, undefined)),
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
