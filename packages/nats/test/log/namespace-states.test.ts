import { expect, it } from 'vitest';
import { NamespaceStates } from '../../src/log/namespace-states.js';

function newStates(): NamespaceStates {
  return new NamespaceStates((name) => ({ subject: `log${name}`, sideSubject: `side${name}` }), 10);
}

const newest = { seq: 9, count: 1 };

it('keeps the state of a namespace that is used again and again', () => {
  const states = newStates();
  states.get('/a').newest = newest;
  for (let n = 0; n < 100; n += 1) {
    states.get(`/${n}`);
    expect(states.get('/a')).toMatchObject({ name: '/a', subject: 'log/a', sideSubject: 'side/a', newest });
  }
});

it('keeps only what the stream has told of namespaces that were not used lately', () => {
  const states = newStates();
  states.get('/a').newest = newest;
  Object.assign(states.get('/trimmed'), { newest, trimmed: 7 });
  states.get('/erased').sides.set(3, 5);
  for (const round of [1, 2]) {
    for (let n = 0; n < 30; n += 1) states.get(`/${round}-${n}`);
    expect([...states.gone()].sort()).toEqual([3, 7]);
    expect(states.get('/a').newest.seq).toBe(0);
    expect(states.get('/trimmed')).toMatchObject({ newest: { seq: 0 }, trimmed: 7 });
    expect([...states.get('/erased').sides]).toEqual([[3, 5]]);
  }
});

it('forgets what it has only heard of, or everything', () => {
  const states = newStates();
  for (let n = 0; n < 15; n += 1) Object.assign(states.get(`/${n}`), { newest, trimmed: n });
  states.forgetNewest();
  for (let n = 0; n < 15; n += 1) expect(states.get(`/${n}`)).toMatchObject({ newest: { seq: 0 }, trimmed: n });
  states.clear();
  expect([states.get('/1').trimmed, [...states.gone()]]).toEqual([0, []]);
});
