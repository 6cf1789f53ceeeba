import { expect, it } from 'vitest';
import { authorize } from '../../src/connect/authorization.js';

const url = 'http://localhost:3000/events/lobby?room=news';
const of = (auth: Record<string, unknown> | undefined) => {
  const { address, headers } = authorize(url, auth);
  return [headers.authorization, address.searchParams.get('auth')];
};

it('sends a token as Bearer, and a login as Basic', () => {
  expect(of({ token: 'abc.d-e_f~+/==' })).toEqual(['Bearer abc.d-e_f~+/==', null]);
  expect(of({ login: 'ann', passcode: 'geh:eim' })).toEqual([`Basic ${btoa('ann:geh:eim')}`, null]);
  expect(of({ login: 'ann' })).toEqual([`Basic ${btoa('ann:')}`, null]);
});

it.each([
  { name: 'ann' },
  { token: 'abc', name: 'ann' },
  { token: 'two words' },
  { token: 'a\r\nhost: b' },
  { token: 7 },
  { login: 'a:b' },
  { token: 'abc', login: 'ann' },
  {},
])('sends %j in the query, which can carry anything', (auth) => {
  expect(of(auth)).toEqual([undefined, JSON.stringify(auth)]);
});

it('does not change an address without credentials', () => {
  expect(authorize(url, undefined)).toMatchObject({ address: new URL(url), headers: {} });
  expect(authorize(url, { name: 'ann' }).address.searchParams.get('room')).toBe('news');
});
