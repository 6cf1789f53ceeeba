import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  InvariantError,
  isNaruError,
  ProtocolError,
  shown,
  UnavailableError,
  withoutStack,
} from '../../src/base/errors.js';

describe('the families of errors', () => {
  it('have a name, a code and a message', () => {
    expect(new ProtocolError('WS_BAD_FRAME', 'bad')).toMatchObject({
      name: 'ProtocolError',
      code: 'WS_BAD_FRAME',
      message: 'bad',
    });
    expect(new ConfigError('BAD_OPTION', 'bad')).toMatchObject({ name: 'ConfigError', code: 'BAD_OPTION' });
    expect(new UnavailableError('TIMEOUT', 'late')).toMatchObject({ name: 'UnavailableError', code: 'TIMEOUT' });
    expect(new InvariantError('no')).toMatchObject({ name: 'InvariantError', message: 'no' });
  });

  it('are Errors with a stack that begins with the name', () => {
    for (const error of [new ProtocolError('WS_BAD_FRAME', 'bad'), new ConfigError('BAD_OPTION', 'bad')]) {
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toBe(`${error.name}: bad`);
    }
  });

  it('carry a cause only if there is one', () => {
    const cause = new RangeError('below');
    expect(new UnavailableError('IO_FAILED', 'failed', cause).cause).toBe(cause);
    expect('cause' in new UnavailableError('IO_FAILED', 'failed')).toBe(false);
  });
});

it('shows a value of somebody else without calling it', () => {
  expect(shown('x'.repeat(60))).toBe(`"${'x'.repeat(50)}"`);
  expect([7, null, undefined, JSON.parse('{"toString":1,"valueOf":1}')].map(shown)).toEqual([
    'number',
    'object',
    'undefined',
    'object',
  ]);
});

describe('isNaruError', () => {
  it('knows an error by its name, whatever copy of Naru it comes from', () => {
    const foreign = Object.assign(new Error('late'), { name: 'UnavailableError', code: 'TIMEOUT' });
    expect(isNaruError(new UnavailableError('TIMEOUT', 'late'), 'UnavailableError')).toBe(true);
    expect(isNaruError(foreign, 'UnavailableError')).toBe(true);
    for (const other of [new ConfigError('BAD_OPTION', 'bad'), { name: 'UnavailableError' }, undefined])
      expect(isNaruError(other, 'UnavailableError')).toBe(false);
  });
});

describe('withoutStack', () => {
  it('makes an error that names no function, and leaves later ones their stacks', () => {
    const error = withoutStack(() => new UnavailableError('DISCONNECTED', 'gone'));
    expect(error).toMatchObject({ name: 'UnavailableError', message: 'gone' });
    expect(error.stack).not.toContain('\n');
    expect(new UnavailableError('DISCONNECTED', 'gone').stack).toContain('errors.test.ts');
  });
});
