import { expect, it } from 'vitest';
import { ConfigError } from '../../naru/src/base/errors.js';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { natsCredentialsTable, natsTable, readSettings } from '../src/options.js';

walkOptions(natsTable, (given) => readOptions(natsTable, given));
walkOptions(natsCredentialsTable, (given) => readOptions(natsCredentialsTable, given));

it('reads addresses with and without a login', () => {
  expect(readSettings('nats://ann:a%40b@one:4333, nats://two', {})).toMatchObject({
    servers: ['one:4333', 'two:4222'],
    user: 'ann',
    password: 'a@b',
  });
  expect(readSettings(['nats://s3cret@one'], {})).toMatchObject({ servers: ['one:4222'], token: 's3cret' });
  expect(readSettings('nats://ann:x@one', { user: 'bob' })).toMatchObject({ user: 'bob', password: 'x' });
  expect(readSettings('tls://one', {}).tls).toEqual({});
  expect(readSettings('nats://one', {}).tls).toBeUndefined();
});

it('takes escapes that are not valid as they are, as Redis does', () => {
  expect(readSettings('nats://ann:a%zz@one', {})).toMatchObject({ user: 'ann', password: 'a%zz' });
});

it('shows no password of an address that it refuses', () => {
  for (const address of ['http://ann:secret@one', 'nats://ann:secret@[one', 'nats://ann:secret@one:99999']) {
    expect(() => readSettings(address, {})).toThrow('got "');
    expect(() => readSettings(address, {})).not.toThrow('secret');
  }
});

it('refuses anything else', () => {
  for (const address of ['', 'one:4222', 'http://one', 'nats://', [], ['nats://one', 'two'], 5 as never])
    expect(() => readSettings(address, {})).toThrow(ConfigError);
  expect(() => readSettings('redis://one', {})).toThrow(
    'The address of NATS must be a URL such as "nats://localhost:4222", got "redis://one".',
  );
  expect(() => readSettings('nats://one', { app: 'a.b' })).toThrow('Option "nats.app" must be');
});
