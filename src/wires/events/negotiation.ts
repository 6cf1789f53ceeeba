/** Which form of a stream a client wants. RFC 9110, section 12.5.1. */
import { EVENT_STREAM, type EventWire, LINES, MESSAGES } from './wire.js';

/** The types that are served, the preferred first. */
const SERVED: readonly (readonly [type: string, wire: EventWire])[] = [
  ['text/event-stream', EVENT_STREAM],
  ['application/x-ndjson', LINES],
  ['application/ndjson', LINES],
  ['application/jsonl', LINES],
];

/** The form for the header Accept; without one, an event stream. `undefined` when nothing that is served is accepted. */
export function chooseWire(accept: string | undefined, form: string | null): EventWire | undefined {
  const wire = chooseByAccept(accept);
  return wire === EVENT_STREAM && form === 'message' ? MESSAGES : wire;
}

function chooseByAccept(accept: string | undefined): EventWire | undefined {
  if (accept === undefined || accept.trim() === '') return EVENT_STREAM;
  const ranges = accept.split(',').map(parseRange);
  let best: EventWire | undefined;
  let bestQuality = 0;
  for (const [type, wire] of SERVED) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) {
      best = wire;
      bestQuality = quality;
    }
  }
  return best;
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: Number.isNaN(quality) ? 0 : quality };
}

/** The weight of the range that fits a type most closely. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const whole = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const wanted of [type, whole, '*/*']) {
    const range = ranges.find((each) => each.type === wanted);
    if (range) return range.quality;
  }
  return 0;
}
