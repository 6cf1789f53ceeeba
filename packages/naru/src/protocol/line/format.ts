/** Writes lines that a person can read and a script can parse. The first character of a line tells its kind. */
import { encodeError } from '../json-event/error.js';
import { encodeAckMessage, encodeEventMessage, encodeRoomAnswer, encodeValue } from '../json-event/message.js';
import { escapeHarmful, writeText, writeValues, writeWord } from './words.js';

/** The content of a line about an event. */
export interface ShownEvent {
  readonly name: string;
  readonly args: readonly unknown[];
  /** The rooms to show. */
  readonly rooms: readonly string[];
  /** The number of the question, if the sender waits for an answer. */
  readonly id: number | undefined;
}

/** Details of an error line. */
export interface ErrorDetails {
  /** The id of the answered message. */
  readonly id?: number | undefined;
  /** The room that the request was about. */
  readonly room?: string | undefined;
  /** Details from the application. */
  readonly data?: unknown;
}

/** A page of the history of a room. */
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

/** The members of a room. */
export interface ShownPresence {
  readonly members: readonly { readonly id: string; readonly state: unknown }[];
  readonly count: number;
}

/** Writes each message as one or more lines, with their line ends. */
export interface LineFormat {
  /** An event: `say "hi"`; for a room: `#lobby say "hi"`; with an expected answer: `?7 say "hi"`. */
  event(event: ShownEvent): string;
  /** The answer to an event of the client: `= 7 "yes"`. */
  ack(id: number, args: readonly unknown[]): string;
  /** An error, a refusal, or the reason why the session ends: `! message`. */
  error(code: string, message: string, details?: ErrorDetails): string;
  /** The success of a request: `* joined lobby`. */
  done(what: 'joined' | 'left' | 'entered', name: string): string;
  /** The rooms that the client is in: `* rooms lobby "my room"`. */
  rooms(names: readonly string[]): string;
  /** The history of a room: `~ 2026-01-31T12:00:00.000Z #lobby say "hi"` for each event, then `* history lobby 1`. */
  history(room: string, page: ShownHistory): string;
  /** The members of a room: `@ ann {"mood":"good"}` for each member, then `* present lobby 1`. */
  presence(room: string, list: ShownPresence): string;
  /** A note for people: `* words`. */
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

/** Lines for programs: each line is one JSON object. */
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

/** Writes details from the application. Details that cannot be shown are left out, because the refusal matters more. */
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
