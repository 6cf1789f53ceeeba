import { expect, it } from 'vitest';
import { TOLD_ROOM } from '../../src/backplane/told-room.js';

it('the room of what processes say to each other begins as no room of an application does', () => {
  expect(TOLD_ROOM.charCodeAt(0)).toBe(0);
});
