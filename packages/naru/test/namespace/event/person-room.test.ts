import { expect, it } from 'vitest';
import { isPersonRoom, PERSON_ROOM } from '../../../src/namespace/event/person-room.js';

it('rooms of persons are told by their names', () => {
  expect([`${PERSON_ROOM}42`, 'naru:users', '42', undefined, 5].map(isPersonRoom)).toEqual([
    true,
    ...Array(4).fill(false),
  ]);
});
