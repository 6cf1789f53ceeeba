import { describe, expect, it } from 'vitest';
import { chooseWire } from '../../../src/wires/events/negotiation.js';
import { EVENT_STREAM, LINES, MESSAGES } from '../../../src/wires/events/wire.js';

describe('chooseWire', () => {
  it('gives an event stream to whoever does not care', () => {
    for (const accept of [undefined, '', '*/*', 'text/*', 'text/html, */*;q=0.1', 'text/event-stream'])
      expect(chooseWire(accept, null)).toBe(EVENT_STREAM);
  });

  it('gives lines to whoever prefers them', () => {
    for (const accept of [
      'application/x-ndjson',
      'application/jsonl',
      'text/event-stream;q=0.5, application/ndjson',
      'application/*',
    ])
      expect(chooseWire(accept, null)).toBe(LINES);
  });

  it('gives nothing to whoever accepts neither', () => {
    for (const accept of ['text/html', 'application/json', '*/*;q=0', 'text/event-stream;q=0', 'text/event-stream;q=x'])
      expect(chooseWire(accept, null)).toBeUndefined();
  });

  it('gives messages where the query asks for them', () => {
    expect(chooseWire('text/event-stream', 'message')).toBe(MESSAGES);
    expect(chooseWire('application/x-ndjson', 'message')).toBe(LINES);
    expect(chooseWire(undefined, 'other')).toBe(EVENT_STREAM);
  });
});
