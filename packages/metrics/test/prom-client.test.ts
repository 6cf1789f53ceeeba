import * as prom from 'prom-client';
import { expect, it } from 'vitest';
import { loadPromClient } from '../src/prom-client.js';

const failing = (error: object) => () => {
  throw error;
};

it('returns the module that programs import', () => expect(loadPromClient().register).toBe(prom.register));

it('names the command that installs it', () => {
  const load = failing(Object.assign(new Error('no'), { code: 'MODULE_NOT_FOUND' }));
  expect(() => loadPromClient(load)).toThrow(
    expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining('npm install prom-client') }),
  );
});

it('passes other errors on', () => {
  const error = new SyntaxError('broken');
  expect(() => loadPromClient(failing(error))).toThrow(error);
});
