/** Reads a line: a command after a slash, the JSON of one message, an event with JSON values, or text. */
import { ProtocolError } from '../../base/errors.js';
import {
  decodeValue,
  type JsonAck,
  type JsonEvent,
  type JsonHistoryRequest,
  type JsonRoomRequest,
  readMessage,
} from '../json-event/message.js';
import { readValues, readWord, skipSpaces } from './words.js';

/** An event for the server's listeners, or for a room. An event with an id or from `/ask` expects an answer. */
export interface LineEvent extends JsonEvent {
  /** Whether the event expects an answer and the caller has to assign its id. */
  readonly isQuestion: boolean;
}

/** The meaning of one line. */
export type LineCommand =
  | LineEvent
  | JsonAck
  | JsonRoomRequest
  | JsonHistoryRequest
  | { readonly type: 'enter'; readonly namespace: string; readonly auth: Record<string, unknown> }
  | { readonly type: 'json'; readonly isOn: boolean }
  | { readonly type: 'rooms' | 'help' | 'quit' | 'nothing' };

/** Settings of `readLine`. */
export interface LineRules {
  /** The name of the event that a line of text becomes. */
  readonly textEvent: string;
  /** The maximum depth of arrays and objects in a value. */
  readonly depthMax: number;
}

// The first character is a letter or an underscore, so that a number or quoted text before JSON is not taken for an
// event.
const EVENT_WORD = /^[\p{L}_][\p{L}\p{N}\p{M}_.:-]*$/u;

type Reader = (rest: string, rules: LineRules) => LineCommand;

const COMMANDS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['help', () => ({ type: 'help' })],
  ['rooms', () => ({ type: 'rooms' })],
  ['quit', () => ({ type: 'quit' })],
  ['json', (rest) => ({ type: 'json', isOn: rest.trim() !== 'off' })],
  ['join', (rest) => ({ type: 'join', room: readRoom(rest), id: undefined })],
  ['leave', (rest) => ({ type: 'leave', room: readRoom(rest), id: undefined })],
  ['history', readHistory],
  ['who', (rest) => ({ type: 'presence', room: readRoom(rest), id: undefined })],
  ['auth', (rest, rules) => ({ type: 'enter', namespace: '/', auth: readAuth(rest, 0, rules) })],
  ['in', readEnter],
  ['emit', (rest, rules) => readNamedEvent(rest, 0, undefined, false, rules)],
  ['ask', (rest, rules) => readNamedEvent(rest, 0, undefined, true, rules)],
  ['to', readTo],
  ['ack', readAck],
]);

/** Reads a line. For an invalid line it throws a ProtocolError, whose message is for the person who wrote the line. */
export function readLine(line: string, rules: LineRules): LineCommand {
  const first = line[0];
  if (first === '/' && line[1] !== '/') return readCommand(line, rules);
  if (first === '{') return readJson(line, rules);
  // A line that begins with a space or two slashes is text without its first character.
  if (first === '/' || first === ' ') return event(rules.textEvent, [line.slice(1)]);
  if (skipSpaces(line, 0) >= line.length) return { type: 'nothing' };
  const name = readFirstWord(line);
  if (EVENT_WORD.test(name)) {
    const args = readValues(line, name.length, rules.depthMax);
    if (args && args.length > 0) return event(name, args);
  }
  return event(rules.textEvent, [line]);
}

function readCommand(line: string, rules: LineRules): LineCommand {
  const name = readFirstWord(line).slice(1);
  const read = COMMANDS.get(name);
  if (!read) throw bad(`there is no command /${name.slice(0, 50)}; /help lists the commands`);
  return read(line.slice(name.length + 1), rules);
}

function readFirstWord(line: string): string {
  return /^[^ \t]*/.exec(line)?.[0] ?? '';
}

function readJson(line: string, rules: LineRules): LineCommand {
  const message = readMessage(decodeValue(line, rules.depthMax));
  if (!message) throw bad('write an event in JSON as {"event":"name","args":[...]}, or see /help');
  return message.type === 'event' ? { ...message, isQuestion: false } : message;
}

function readRoom(rest: string): string {
  const word = readWord(rest, 0);
  if (!word) throw bad('a room is missing, as in: /join lobby');
  if (skipSpaces(rest, word.end) < rest.length) throw bad('put the name of a room that contains a space in quotes');
  return word.text;
}

/** Reads `/history <room> [<number of events> [<offset before which they were sent>]]`. */
function readHistory(rest: string): LineCommand {
  const room = readWord(rest, 0);
  if (!room) throw bad('a room is missing, as in: /history lobby 20');
  const [limit, before, ...more] = rest.slice(room.end).trim().split(/\s+/);
  if (more.length > 0 || (limit && !/^[1-9]\d{0,8}$/.test(limit))) {
    throw bad(
      'after the room, give the number of events and optionally an offset to read before, as in: /history lobby 20',
    );
  }
  const query = { ...(limit && { limit: Number(limit) }), ...(before && { before }) };
  return { type: 'history', room: room.text, query, id: undefined };
}

function readEnter(rest: string, rules: LineRules): LineCommand {
  const word = readWord(rest, 0);
  if (!word) throw bad('a namespace is missing, as in: /in chat {"token":"secret"}');
  const namespace = word.text.startsWith('/') ? word.text : `/${word.text}`;
  return { type: 'enter', namespace, auth: readAuth(rest, word.end, rules) };
}

function readAuth(rest: string, at: number, rules: LineRules): Record<string, unknown> {
  const [auth = {}, ...more] = readValues(rest, at, rules.depthMax) ?? [undefined, undefined];
  if (typeof auth !== 'object' || auth === null || Array.isArray(auth) || more.length > 0) {
    throw bad('credentials must be one JSON object, as in: /auth {"token":"secret"}');
  }
  return auth as Record<string, unknown>;
}

function readTo(rest: string, rules: LineRules): LineCommand {
  const room = readWord(rest, 0);
  if (!room) throw bad('a room and an event are missing, as in: /to lobby say "hello"');
  return readNamedEvent(rest, room.end, room.text, false, rules);
}

/** Reads the name of an event, and then JSON values. If the rest is not JSON, it is one string. */
function readNamedEvent(
  rest: string,
  at: number,
  room: string | undefined,
  isQuestion: boolean,
  rules: LineRules,
): LineEvent {
  const name = readWord(rest, at);
  if (!name) throw bad(`an event is missing, as in: ${room === undefined ? '/emit' : '/to lobby'} say "hello"`);
  const args = readValues(rest, name.end, rules.depthMax) ?? [rest.slice(skipSpaces(rest, name.end))];
  return { type: 'event', event: name.text, args, room, id: undefined, isQuestion };
}

function readAck(rest: string, rules: LineRules): LineCommand {
  const word = readWord(rest, 0);
  const id = word && /^\d{1,15}$/.test(word.text) ? Number(word.text) : undefined;
  if (!word || id === undefined) throw bad('the number of the question is missing, as in: /ack 7 "yes"');
  const args = readValues(rest, word.end, rules.depthMax) ?? [rest.slice(skipSpaces(rest, word.end))];
  return { type: 'ack', id, args };
}

function event(name: string, args: unknown[]): LineEvent {
  return { type: 'event', event: name, args, room: undefined, id: undefined, isQuestion: false };
}

function bad(message: string): ProtocolError {
  return new ProtocolError('LINE_BAD', message);
}
