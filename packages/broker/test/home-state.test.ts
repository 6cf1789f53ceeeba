import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { HomeState } from '../src/home-state.js';

const POLICY = new ConfigError('WRONG_STATE', 'the policy must be noeviction');
const LOGIN = new UnavailableError('REFUSED', 'the login was refused');
const AWAY = new UnavailableError('CONNECT_FAILED', 'nobody there');

function build() {
  const changes: unknown[] = [];
  const state = new HomeState(0, (...change) => changes.push(change));
  return { state, changes };
}

describe('HomeState', () => {
  it('is not up before the home has answered', () => {
    const { state, changes } = build();
    expect([state.name, changes]).toEqual(['connecting', []]);
    state.onTime(4_999);
    expect(state.name).toBe('connecting');
    state.onUplink(false);
    expect([state.name, changes]).toEqual(['up', [['up', undefined]]]);
  });

  it('stays as it is when a connection is lost before anybody used it', () => {
    const { state, changes } = build();
    state.onLost(0);
    expect([state.name, changes]).toEqual(['connecting', []]);
    state.onTime(5_000);
    state.onLost(6_000);
    expect(state.name).toBe('away');
  });

  it('is away after five seconds without a connection, with the newest reason', () => {
    const { state, changes } = build();
    state.onFailed(new TypeError('first'));
    state.onFailed(AWAY);
    state.onTime(5_000);
    expect(changes).toEqual([['away', AWAY]]);
    expect(state.unusable).toBeUndefined();
  });

  it('is unusable at once if the home refuses to be used, and says why', () => {
    for (const reason of [POLICY, LOGIN]) {
      const { state, changes } = build();
      state.onFailed(reason);
      state.onTime(60_000);
      expect([state.name, state.unusable, changes]).toEqual(['unusable', reason, [['unusable', reason]]]);
    }
  });

  it('tells of another reason, and keeps the error of one that comes again', () => {
    const { state, changes } = build();
    state.onFailed(POLICY);
    state.onFailed(new ConfigError('WRONG_STATE', POLICY.message));
    expect(state.unusable).toBe(POLICY);
    state.onFailed(LOGIN);
    expect([state.unusable, changes.length]).toEqual([LOGIN, 2]);
  });

  it('is taken up again when the home can be used, and is away when it cannot be reached', () => {
    const { state, changes } = build();
    state.onFailed(POLICY);
    state.onFailed(AWAY);
    state.onFailed(POLICY);
    state.onUplink(true);
    state.onCaughtUp();
    state.onLost(70_000);
    state.onTime(74_000);
    state.onFailed(POLICY);
    expect(changes).toEqual([
      ['unusable', POLICY],
      ['away', AWAY],
      ['unusable', POLICY],
      ['catching-up', undefined],
      ['up', undefined],
      ['slow', undefined],
      ['unusable', POLICY],
    ]);
  });
});
