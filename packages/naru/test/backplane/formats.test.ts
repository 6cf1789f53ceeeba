import { expect, it, onTestFinished, vi } from 'vitest';
import { FORMATS, isReadable, readStoredObject, warnOfLaterVersion } from '../../src/backplane/formats.js';

it('warns once for each kind of thing that a later version wrote', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  onTestFinished(() => warn.mockRestore());
  for (const what of ['a thing', 'a thing', 'another thing']) warnOfLaterVersion(what);
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    'A later version of Naru wrote a thing, which this version cannot read. Update this process.',
    'A later version of Naru wrote another thing, which this version cannot read. Update this process.',
  ]);
  expect(warn.mock.calls[0]?.[1]).toEqual({ code: 'NARU_LATER_VERSION' });
  warnOfLaterVersion('a third thing', { read: 3, written: 2 }, 4);
  expect(warn.mock.calls[2]?.[0]).toBe(
    'A later version of Naru wrote a third thing in format 4. This version reads formats up to 3. Update this process.',
  );
});

it('reads each version of a format up to its own, and what it writes itself', () => {
  const format = { read: 2, written: 1 };
  expect([0, 1, 2, 3, Number.NaN, '1', undefined].map((version) => isReadable(format, version))).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  for (const each of Object.values(FORMATS)) expect(isReadable(each, each.written)).toBe(true);
});

it('reads an object without a version, or with version 1, and nothing else', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  onTestFinished(() => warn.mockRestore());
  expect(readStoredObject('{"a":1}', 'a text')).toEqual({ a: 1 });
  expect(readStoredObject('{"a":1,"v":1}', 'a text')).toEqual({ a: 1, v: 1 });
  for (const text of ['', '{', '[]', 'null', '7', '"x"']) expect(readStoredObject(text, 'a text')).toBeUndefined();
  expect(warn).not.toHaveBeenCalled();
  for (const text of ['{"v":2}', '{"v":"1"}', '{"v":null}']) expect(readStoredObject(text, 'a text')).toBeUndefined();
  expect(warn).toHaveBeenCalledTimes(1);
});
