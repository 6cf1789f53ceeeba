import { expect, it } from 'vitest';
import { count, text } from '../../naru/src/base/options/kinds.js';
import { options } from '../../naru/src/base/options/table.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { askCredentials } from '../src/credentials.js';

const TABLE = options('redis.credentials', { password: text(undefined), expiresAt: count(undefined, { min: 0 }) });

it('asks for credentials and checks them', async () => {
  const clock = new FakeClock();
  const ask = (answer: () => unknown): Promise<unknown> => askCredentials('redis', TABLE, answer, clock);
  expect(await ask(() => ({ password: 'pw', expiresAt: 5 }))).toEqual({ password: 'pw', expiresAt: 5 });
  expect(await ask(async () => ({ password: 'pw' }))).toEqual({ password: 'pw' });
  await expect(ask(() => ({ password: 1 }))).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: 'Option "redis.credentials.password" must be a non-empty string, got 1.',
  });
  await expect(ask(() => undefined)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: 'Option "redis.credentials" must be an object of options, got null.',
  });
});

it('says why there are none', async () => {
  const clock = new FakeClock();
  const ask = (answer: () => unknown): Promise<unknown> => askCredentials('nats', TABLE, answer, clock);
  const refused = {
    code: 'CONNECT_FAILED',
    message: 'Option "credentials" of nats has failed: no token today.',
  };
  const reason = new Error('no token today');
  await expect(ask(() => Promise.reject(reason))).rejects.toMatchObject({ ...refused, cause: reason });
  const fails = (): never => {
    throw reason;
  };
  await expect(ask(fails)).rejects.toMatchObject(refused);
  const silent = ask(() => new Promise(() => undefined)).catch((error: unknown) => error);
  await clock.advance(4_000);
  expect(await silent).toMatchObject({
    code: 'CONNECT_FAILED',
    message: 'Option "credentials" of nats has not answered for 4 seconds.',
  });
});
