import { expect, it } from 'vitest';
import { gapRecord, isForNoSocket, isGapRecord, isTold, TOLD_ROOM } from '../../src/backplane/own-records.js';

it('tells everybody from where to where events are missing', () => {
  const record = gapRecord('00000000001', null, 7);
  expect(record).toMatchObject({ rooms: [], except: [], at: 7 });
  expect(JSON.parse(record.event)).toEqual(['naru:gap', { after: '00000000001', before: null }]);
  expect(isGapRecord(record)).toBe(true);
});

it('is no other event, and none to a room', () => {
  expect(isGapRecord({ rooms: [], event: '["naru:gaps",1]' })).toBe(false);
  expect(isGapRecord({ ...gapRecord('00000000001', '00000000003', 7), rooms: ['r'] })).toBe(false);
});

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
