import { describe, expect, it } from 'vitest';
import { escapeHeader, unescapeHeader } from '../../src/protocol/escape.js';

describe('escapeHeader', () => {
  it('writes the four escapes of 1.2', () => expect(escapeHeader('a\\b\nc\rd:e', '1.2')).toBe('a\\\\b\\nc\\rd\\ce'));

  it('does not escape a carriage return in 1.1', () =>
    expect(escapeHeader('a\\b\nc\rd:e', '1.1')).toBe('a\\\\b\\nc\rd\\ce'));

  it('never ends the line in 1.0, which has no escapes', () => {
    expect(escapeHeader('a\\b\nc\rd:e', '1.0')).toBe('a\\b c d:e');
  });

  it.each(['1.0', '1.1', '1.2'] as const)('never ends the frame by a NUL in %s', (version) => {
    expect(escapeHeader('a\0b', version)).toBe('a\ufffdb');
  });
});

describe('unescapeHeader', () => {
  it.each(['', 'plain', '\\', 'a\\b\nc\rd:e', ':::', '\\n', '한글 😀'])('reads back %j', (text) => {
    expect(unescapeHeader(escapeHeader(text, '1.2'), '1.2')).toBe(text);
    expect(unescapeHeader(escapeHeader(text, '1.1'), '1.1')).toBe(text);
  });

  it('refuses other escapes', () => {
    expect(unescapeHeader('\\t', '1.2')).toBeUndefined();
    expect(unescapeHeader('a\\', '1.2')).toBeUndefined();
    expect(unescapeHeader('\\r', '1.1')).toBeUndefined();
  });

  it('changes nothing in 1.0', () => expect(unescapeHeader('\\t\\', '1.0')).toBe('\\t\\'));
});
