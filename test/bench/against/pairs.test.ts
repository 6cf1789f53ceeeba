import { expect, it } from 'vitest';
import { choosePairs } from '../../../bench/against/pairs.mjs';
import { readArguments } from '../../../bench/arguments.mjs';
import { ROWS } from '../../../bench/rows.mjs';

const choose = (...args: string[]) =>
  choosePairs(ROWS, readArguments(['--against', 'HEAD', ...args])).map(({ row, target }) => `${row.id} ${target}`);

it('takes each row with the target of Naru by which it is judged', () => {
  expect(choose()).toEqual([
    'fanout-1 naru',
    'fanout-16 naru',
    'fanout-16-log naru-log',
    'fanout-16-local naru-local',
    'ack-1 naru',
    'ack-8 naru',
    'idle naru',
    'connect naru',
    'recover-10000 naru-recover',
    'cluster-fanout-16 naru-redis',
  ]);
});

it('takes other targets when they are named', () => {
  expect(choose('--only', 'cluster-fanout-16', '--targets', 'naru-nats,naru-folder')).toEqual([
    'cluster-fanout-16 naru-nats',
    'cluster-fanout-16 naru-folder',
  ]);
});

it('refuses names that no row has, and targets that no chosen row has', () => {
  expect(() => choose('--only', 'ack,akc-1')).toThrow('must name rows or groups (see --list), got "akc-1"');
  expect(() => choose('--only', 'ack', '--targets', 'naru-nats')).toThrow('targets of the rows, got "naru-nats"');
});
