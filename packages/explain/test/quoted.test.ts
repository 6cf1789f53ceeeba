import { describe, expect, it } from 'vitest';
import { inOneLine, listed, plain, quoted } from '../src/quoted.js';

describe('quoted', () => {
  it('puts a name in quotation marks, and escapes what is not plain in it', () => {
    expect(quoted('room')).toBe('"room"');
    expect(quoted('a "b" \\c\nd\u001b\u0085\u2028\u202e')).toBe(String.raw`"a \"b\" \\c\nd\u001b\u0085\u2028\u202e"`);
    expect(JSON.parse(quoted('a "b" \\c\n\u0085'))).toBe('a "b" \\c\n\u0085');
  });

  it('shortens a name, and shows any other value as JSON', () => {
    expect(quoted('x'.repeat(1_000))).toBe(`"${'x'.repeat(200)}"`);
    expect(quoted(`${'x'.repeat(199)}😀`)).toBe(String.raw`"${'x'.repeat(199)}\ud83d"`);
    expect([undefined, 5, { a: 1 }].map(quoted)).toEqual(['"undefined"', '"5"', String.raw`"{\"a\":1}"`]);
  });
});

describe('plain', () => {
  it('quotes only a name that could be taken for something else', () => {
    for (const name of ['/', '/chat/1', 'IjIwS1wMqGW0wtur47k-', '0hok65vk05s']) expect(plain(name)).toBe(name);
    for (const name of ['', 'a b', 'a=b', 'a"', 'a\n', 'é', 'x'.repeat(201)]) expect(plain(name)).toBe(quoted(name));
  });
});

describe('listed', () => {
  it('lists names in quotation marks, or says that there are none', () => {
    expect([listed(['a', 'b'], 'none'), listed([], 'none')]).toEqual(['"a", "b"', 'none']);
  });

  it('names at most ten, and fewer if they are long', () => {
    const many = Array.from({ length: 12 }, (_each, at) => `${at}`);
    expect(listed(many, '')).toMatch(/^"0", .* "9" and 2 others$/);
    const long = Array.from({ length: 4 }, () => 'x'.repeat(1_000));
    expect(listed(long, '')).toBe(`"${'x'.repeat(200)}" and 3 others`);
  });
});

describe('inOneLine', () => {
  it('escapes line breaks and characters that a terminal may obey', () => {
    expect(inOneLine('a\r\n\u0085\u2029\u200f\ufeffé "b"')).toBe(
      String.raw`a\u000d\u000a\u0085\u2029\u200f\ufeffé "b"`,
    );
  });
});
