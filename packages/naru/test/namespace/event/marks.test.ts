import { describe, expect, it } from 'vitest';
import { checkMark, readMark } from '../../../src/namespace/event/marks.js';

describe('a mark', () => {
  it('is one of three words', () => {
    expect(['key', 'delta', 'always'].map(checkMark)).toEqual(['key', 'delta', 'always']);
    expect(readMark('delta')).toBe('delta');
  });

  it.each([
    ['frame', 'got "frame"'],
    ['', 'got ""'],
    [undefined, 'got undefined'],
    [1, 'got number'],
    [['key'], 'got object'],
  ])('is refused if it is another value: %j', (given, message) => {
    expect(() => checkMark(given)).toThrow(`a mark must be "key", "delta" or "always", ${message}`);
    expect(readMark(given)).toBeUndefined();
  });
});
