/**
 * The forms in which streams and plain WebSockets get events. Each event is encoded once in each form, for all its
 * receivers.
 */

import { getOrCreate } from '../../base/get-or-create.js';
import type { OutgoingEvent } from '../../namespace/event/outgoing-event.js';
import { isPersonRoom } from '../../namespace/event/person-room.js';
import { canCarryName, encodeEvent, encodeRetry, KEEP_ALIVE } from '../../protocol/event-stream/encode.js';
import { choosePreferred } from '../../protocol/http/negotiation.js';
import { encodeAckMessage, encodeEventMessage, encodeValue } from '../../protocol/json-event/message.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import { writeMark } from './last-event-id.js';

/** The encoding of events for one kind of client. */
export interface EventWire {
  /** The media type of a response in this form. */
  readonly contentType: string;
  /** The first bytes of a stream, which show the client that the stream is open. */
  greeting(retryMs: number): string;
  /** A packet without meaning that keeps the connection alive. */
  readonly keepAlive: EncodedPacket;
  /**
   * Encodes an event. `room` is named unless it is the client's own, and `mark` is the place of the event in the log.
   */
  encode(event: OutgoingEvent, room: string | undefined, mark: string | undefined): string;
  /** Encodes an event of Naru's own, such as `naru:gap`. */
  encodeOwn(name: string, args: readonly unknown[]): string;
}

/** The event type that stands in for names that an event stream cannot carry. */
const WRAPPED = 'naru:event';
const MESSAGE = 'message';

/** `text/event-stream`: the type of an event is its name, and the data is the JSON array of its arguments. */
export const EVENT_STREAM: EventWire = {
  contentType: 'text/event-stream',
  greeting: (retryMs) => `: naru\n${encodeRetry(retryMs)}`,
  keepAlive: new EncodedPacket(KEEP_ALIVE, false),
  encode(event, room, mark) {
    const { name } = event;
    if (name === MESSAGE) return encodeEvent({ id: mark, data: jsonOf(event) });
    if (canCarryName(name) && name !== WRAPPED) return encodeEvent({ event: name, id: mark, data: jsonOf(event) });
    return encodeEvent({ event: WRAPPED, id: mark, data: encodeEventMessage(name, jsonOf(event), { room }) });
  },
  encodeOwn: (name, args) => encodeEvent({ event: name, data: encodeValue(args) }),
};

/**
 * `text/event-stream` with `?form=message`: every event has the type `message`, and its data is the JSON of the event.
 */
export const MESSAGES: EventWire = {
  ...EVENT_STREAM,
  encode: (event, room, mark) => encodeEvent({ id: mark, data: LINES.encode(event, room, mark).trimEnd() }),
  encodeOwn: (name, args) => encodeEvent({ data: encodeEventMessage(name, encodeValue(args)) }),
};

/** Lines of JSON, one per event. */
export const LINES: EventWire = {
  contentType: 'application/x-ndjson',
  greeting: () => '\n',
  keepAlive: new EncodedPacket('\n', false),
  encode: (event, room, mark) => `${encodeEventMessage(event.name, jsonOf(event), { room, offset: mark })}\n`,
  encodeOwn: (name, args) => `${encodeEventMessage(name, encodeValue(args))}\n`,
};

/** WebSocket messages, one JSON text per event. An event with an id expects an acknowledgement. */
export const TEXTS: EventWire = {
  ...LINES,
  encode: (event, room, mark) => encodeEventMessage(event.name, jsonOf(event), { room, id: event.id, offset: mark }),
  encodeOwn: (name, args) => encodeEventMessage(name, encodeValue(args)),
};

/** The types that the server offers, in the order of preference. */
const SERVED: ReadonlyMap<string, EventWire> = new Map([
  ['text/event-stream', EVENT_STREAM],
  ['application/x-ndjson', LINES],
  ['application/ndjson', LINES],
  ['application/jsonl', LINES],
]);

/**
 * Returns the form of a stream for the header Accept (RFC 9110, section 12.5.1). The default is an event stream.
 * The result is `undefined` when the header accepts none of the types.
 */
export function chooseWire(accept: string | undefined, form: string | null): EventWire | undefined {
  const wire = SERVED.get(choosePreferred(accept?.trim() || '*/*', [...SERVED.keys()]) ?? '');
  return wire === EVENT_STREAM && form === 'message' ? MESSAGES : wire;
}

/** Returns an acknowledgement for a WebSocket. */
export function encodeAckText(id: number, args: readonly unknown[]): EncodedPacket {
  return new EncodedPacket(encodeAckMessage(id, args));
}

/**
 * Returns the packets of an event in the form of a wire. All clients share the same packets, except a client that is
 * addressed by its own room. `epoch` is the epoch of the log, see `epochOf`.
 */
export function packetsFor(
  wire: EventWire,
  event: OutgoingEvent,
  ownRoom: string | undefined,
  epoch = '',
): readonly EncodedPacket[] {
  const [only] = event.rooms;
  const isDirect = ownRoom !== undefined && event.rooms.size === 1 && (only === ownRoom || isPersonRoom(only));
  return event.formFor(isDirect ? getOrCreate(DIRECT, wire, () => ({})) : wire, () => {
    const mark = event.offset === undefined ? undefined : writeMark(event.offset, epoch);
    return [new EncodedPacket(wire.encode(event, isDirect ? undefined : roomOf(event), mark))];
  });
}

/**
 * Returns the room to name. With several rooms none is named, because a client need not know of rooms that it is not
 * in.
 */
function roomOf({ rooms }: OutgoingEvent): string | undefined {
  const [room] = rooms;
  return rooms.size === 1 ? room : undefined;
}

/** Keys by which `formFor` keeps the forms that show no room, one per wire. */
const DIRECT = new Map<EventWire, object>();

const ARGUMENTS = {};

/**
 * Returns the JSON array of an event's arguments, with bytes in the form of plain wires. It is made once for all plain
 * wires.
 */
export function jsonOf(event: OutgoingEvent): string {
  return event.formFor(ARGUMENTS, () =>
    // Only bytes and keys that begin with `$` differ from Socket.IO's JSON.
    event.attachments.length > 0 || event.json.includes('"$') ? encodeValue(event.args()) : event.json,
  );
}
