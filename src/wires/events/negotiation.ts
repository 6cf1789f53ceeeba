/** Which form of a stream a client wants. RFC 9110, section 12.5.1. */
import { choosePreferred } from '../../protocol/http/negotiation.js';
import { EVENT_STREAM, type EventWire, LINES, MESSAGES } from './wire.js';

/** The types that are served, the preferred first. */
const SERVED: ReadonlyMap<string, EventWire> = new Map([
  ['text/event-stream', EVENT_STREAM],
  ['application/x-ndjson', LINES],
  ['application/ndjson', LINES],
  ['application/jsonl', LINES],
]);

/** The form for the header Accept. Without the header it is an event stream. Returns `undefined` when nothing that is served is accepted. */
export function chooseWire(accept: string | undefined, form: string | null): EventWire | undefined {
  const wire = SERVED.get(choosePreferred(accept?.trim() || '*/*', [...SERVED.keys()]) ?? '');
  return wire === EVENT_STREAM && form === 'message' ? MESSAGES : wire;
}
