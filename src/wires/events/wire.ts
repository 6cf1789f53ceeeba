/** The forms in which events go out to streams and plain WebSockets; each event is written once in each, for all who get it. */

import { getOrCreate } from '../../base/get-or-create.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import { canCarryName, encodeEvent, encodeRetry, KEEP_ALIVE } from '../../protocol/event-stream/encode.js';
import { choosePreferred } from '../../protocol/http/negotiation.js';
import { encodeAckMessage, encodeEventMessage, encodeValue } from '../../protocol/json-event/message.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import { writeMark } from './last-event-id.js';

/** One form. */
export interface EventWire {
  /** The type of the body, where the form is one of a response. */
  readonly contentType: string;
  /** The first bytes of a stream, by which whoever waits for it knows that it is there. */
  greeting(retryMs: number): string;
  /** What says that the connection lives, and means nothing. */
  readonly keepAlive: EncodedPacket;
  /** An event; `room` is said where it is not the client's own, and `mark` is its place in the log. */
  encode(event: OutgoingEvent, room: string | undefined, mark: string | undefined): string;
  /** An event of Naru's own. */
  encodeOwn(name: string, args: readonly unknown[]): string;
}

/** The type of an event whose name an event stream cannot carry. */
const WRAPPED = 'naru:event';
const MESSAGE = 'message';

/** `text/event-stream`: the name is the type of the event, and the data the JSON array of its arguments. */
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

/** `text/event-stream` in which every event is a `message`, whose data is the JSON of the event: `?form=message`. */
export const MESSAGES: EventWire = {
  ...EVENT_STREAM,
  encode: (event, room, mark) => encodeEvent({ id: mark, data: LINES.encode(event, room, mark).trimEnd() }),
  encodeOwn: (name, args) => encodeEvent({ data: encodeEventMessage(name, encodeValue(args)) }),
};

/** Lines of JSON, one an event. */
export const LINES: EventWire = {
  contentType: 'application/x-ndjson',
  greeting: () => '\n',
  keepAlive: new EncodedPacket('\n', false),
  encode: (event, room, mark) => `${encodeEventMessage(event.name, jsonOf(event), { room, offset: mark })}\n`,
  encodeOwn: (name, args) => `${encodeEventMessage(name, encodeValue(args))}\n`,
};

/** One JSON text an event, as messages of a WebSocket; an event that wants an acknowledgement says so by its id. */
export const TEXTS: EventWire = {
  ...LINES,
  encode: (event, room, mark) => encodeEventMessage(event.name, jsonOf(event), { room, id: event.id, offset: mark }),
  encodeOwn: (name, args) => encodeEventMessage(name, encodeValue(args)),
};

/** The types that are served, the preferred first. */
const SERVED: ReadonlyMap<string, EventWire> = new Map([
  ['text/event-stream', EVENT_STREAM],
  ['application/x-ndjson', LINES],
  ['application/ndjson', LINES],
  ['application/jsonl', LINES],
]);

/** The form of a stream for the header Accept (RFC 9110, section 12.5.1). Without the header it is an event stream. Returns `undefined` when nothing that is served is accepted. */
export function chooseWire(accept: string | undefined, form: string | null): EventWire | undefined {
  const wire = SERVED.get(choosePreferred(accept?.trim() || '*/*', [...SERVED.keys()]) ?? '');
  return wire === EVENT_STREAM && form === 'message' ? MESSAGES : wire;
}

/** An acknowledgement, for a WebSocket. */
export function encodeAckText(id: number, args: readonly unknown[]): EncodedPacket {
  return new EncodedPacket(encodeAckMessage(id, args));
}

/**
 * The packets of an event in the form of a wire: the same ones for every client, but for one that is addressed by its own room. `epoch` says
 * which life of the log its offset is of.
 */
export function packetsFor(
  wire: EventWire,
  event: OutgoingEvent,
  ownRoom: string | undefined,
  epoch = '',
): readonly EncodedPacket[] {
  const isDirect = ownRoom !== undefined && event.rooms.size === 1 && event.rooms.has(ownRoom);
  return event.formFor(isDirect ? getOrCreate(DIRECT, wire, () => ({})) : wire, () => {
    const mark = event.offset === undefined ? undefined : writeMark(event.offset, epoch);
    return [new EncodedPacket(wire.encode(event, isDirect ? undefined : roomOf(event), mark))];
  });
}

/** The room to name: of several, none, because a client need not know of those that it is not in. */
function roomOf({ rooms }: OutgoingEvent): string | undefined {
  const [room] = rooms;
  return rooms.size === 1 ? room : undefined;
}

/** Stand for the wires, for events that show no room. */
const DIRECT = new Map<EventWire, object>();

const ARGUMENTS = {};

/** The JSON array of an event's arguments, bytes as plain wires write them. It is made once for all of them. */
export function jsonOf(event: OutgoingEvent): string {
  return event.formFor(ARGUMENTS, () =>
    // Only bytes, and keys that begin with a sign, are written in another way than by Socket.IO.
    event.attachments.length > 0 || event.json.includes('"$') ? encodeValue(event.args()) : event.json,
  );
}
