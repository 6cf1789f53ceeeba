import { expect, it } from 'vitest';
import { isForNoSocket, isTold, TOLD_ROOM } from '../../src/backplane/told-room.js';

it('the room of what processes say to each other begins as no room of a client may', () => {
  expect(TOLD_ROOM.charCodeAt(0)).toBe(0);
});

it('what is sent to it is for no socket, and is believed only as processes write it', () => {
  const told = { rooms: [TOLD_ROOM], except: [TOLD_ROOM] };
  const sent = { rooms: [TOLD_ROOM], except: [] };
  const others = [
    { rooms: ['lobby', TOLD_ROOM], except: [TOLD_ROOM] },
    { rooms: [TOLD_ROOM, 'lobby'], except: [TOLD_ROOM] },
  ];
  expect([told, sent, ...others].map(isForNoSocket)).toEqual([true, true, false, false]);
  expect([told, sent, ...others].map(isTold)).toEqual([true, false, false, false]);
});
