import { expect, it } from 'vitest';
import { coloursOf } from '../shared/colours.js';

it.each([
  [{ matrix: 'bt709' }, 270, 'bt709'],
  [{ matrix: 'smpte170m' }, 1_080, 'bt601'],
  [{ matrix: 'bt470bg', fullRange: true }, 270, 'bt601-full'],
  [{ matrix: 'bt709', fullRange: true }, 270, 'bt709-full'],
  [{ matrix: null }, 720, 'bt709'],
  [{}, 719, 'bt601'],
  [{}, undefined, 'bt601'],
] as const)('the colours of %o with %s lines are %s', (space, lines, colours) => {
  expect(coloursOf(space, lines)).toBe(colours);
});
