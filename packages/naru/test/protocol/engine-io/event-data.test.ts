import { describe, expect, it } from 'vitest';
import { encodeEventData } from '../../../src/protocol/engine-io/event-data.js';

describe('encodeEventData', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['a message', '4hello', '4hello'],
    ['an empty message', '4', '4'],
    ['text beyond ASCII', '4안녕 🚢', '4안녕 🚢'],
    ['bytes', Uint8Array.of(0, 127, 128, 255), 'bAH+A/w=='],
    ['no bytes', Uint8Array.of(), 'b'],
    ['a line feed', '4a\nb', '"4a\\nb"'],
    ['a carriage return', '4a\rb', '"4a\\rb"'],
    ['the separator of payloads', '4a\x1eb', '"4a\\u001eb"'],
  ])('writes %s', (_name, unit, data) => {
    expect(encodeEventData(unit)).toBe(data);
  });

  it('writes one line with the content of the text', () => {
    const text = '4"\r\n\x1e\\ "';
    const data = encodeEventData(text);
    expect(data).not.toMatch(/[\r\n]/);
    expect(JSON.parse(data)).toBe(text);
  });
});
