import { expect, it } from 'vitest';
import { tellContinued, tellFailed, tellTaken } from '../../../src/namespace/recovery/recovery-taps.js';
import type { RecoveredState } from '../../../src/namespace/recovery/written-session.js';
import { recoveryContinued, recoveryFailed, recoveryTaken } from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';

const factsIn = (heard: readonly [string, object][]): object[] => heard.map(([, facts]) => facts);

const state = {
  id: 'socket',
  pid: 'secret',
  after: '5',
  isElsewhere: true,
  rooms: ['room'],
} as object as RecoveredState;

it('tells of a session that goes on, without its secret', () => {
  const heard = hear(recoveryContinued);
  tellContinued('/chat', state);
  expect(factsIn(heard)).toEqual([{ namespace: '/chat', socket: 'socket', after: '5', isElsewhere: true }]);
});

it('tells why a client does not get its session', () => {
  const heard = hear(recoveryFailed);
  tellFailed('/', 'gap', '5');
  tellFailed('/', 'unavailable', undefined);
  expect(factsIn(heard)).toEqual([
    { namespace: '/', reason: 'gap', after: '5' },
    { namespace: '/', reason: 'unavailable', after: undefined },
  ]);
});

it('tells of a session that another process has', () => {
  const heard = hear(recoveryTaken);
  tellTaken('/', 'socket');
  expect(factsIn(heard)).toEqual([{ namespace: '/', socket: 'socket' }]);
});
