import { describe, expect, it } from 'vitest';
import { canCarryName, encodeEvent, encodeRetry, KEEP_ALIVE } from '../../../src/protocol/event-stream/encode.js';

describe('encodeEvent', () => {
  it('writes the given fields, with the data last', () => {
    expect(encodeEvent({ data: 'hi' })).toBe('data: hi\n\n');
    expect(encodeEvent({ event: 'say', id: '7', retryMs: 3000, data: '["hi"]' })).toBe(
      'event: say\nid: 7\nretry: 3000\ndata: ["hi"]\n\n',
    );
    expect(encodeEvent({ id: '', data: '' })).toBe('id: \ndata: \n\n');
  });

  it('writes a line of data for each line, with any line end', () => {
    expect(encodeEvent({ data: 'a\nb\r\nc\rd\n' })).toBe('data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n');
  });
});

describe('text without an event', () => {
  it('is ignored by clients: keep-alives and the requested delay', () => {
    expect(KEEP_ALIVE).toBe(':\n\n');
    expect(encodeRetry(500)).toBe('retry: 500\n\n');
  });
});

describe('canCarryName', () => {
  it("refuses names that would arrive changed, and EventSource's own", () => {
    for (const name of ['say', ' say', 'message', 'a:b', '\u20ac', '\ud83d\ude00'])
      expect(canCarryName(name)).toBe(true);
    for (const name of ['', 'open', 'error', 'a\nb', 'a\rb', '\ud800']) expect(canCarryName(name)).toBe(false);
  });
});
