import { expect, it } from 'vitest';
import {
  erasedRecord,
  gapRecord,
  isErased,
  isForNoSocket,
  isGapRecord,
  isToErase,
  isTold,
  TOLD_ROOM,
} from '../../src/backplane/own-records.js';

it('reports a range of missing events to everybody', () => {
  const record = gapRecord('00000000001', null, 7);
  expect(record).toMatchObject({ rooms: [], except: [], at: 7 });
  expect(JSON.parse(record.event)).toEqual(['naru:gap', { after: '00000000001', before: null }]);
  expect(isGapRecord(record)).toBe(true);
});

it('differs from any other event, and is for no room', () => {
  expect(isGapRecord({ rooms: [], event: '["naru:gaps",1]' })).toBe(false);
  expect(isGapRecord({ ...gapRecord('00000000001', '00000000003', 7), rooms: ['r'] })).toBe(false);
});

it('keeps of an erased record only its recipients and its time', () => {
  const record = {
    rooms: ['a'],
    except: ['b'],
    event: '["x","text"]',
    attachments: [Uint8Array.of(1)],
    at: 7,
    key: 'k',
  };
  const rest = erasedRecord(record);
  expect(rest).toEqual({ rooms: ['a'], except: ['b'], event: expect.any(String), attachments: [], at: 7 });
  expect([isErased(rest), isErased(record)]).toEqual([true, false]);
  expect(rest.event).not.toContain('text');
});

it('does not erase what nodes tell each other, but does erase what was sent to their room', () => {
  const record = { rooms: [TOLD_ROOM], event: '["x"]', attachments: [], at: 7, offset: '00000000001' };
  expect(isToErase({ ...record, except: [TOLD_ROOM] }, { all: true })).toBe(false);
  expect(isToErase({ ...record, except: [] }, { all: true })).toBe(true);
});

it('uses a room name for messages between processes that no client can use', () => {
  expect(TOLD_ROOM.charCodeAt(0)).toBe(0);
});

it('is sent to no socket, and believed only in the form in which processes write it', () => {
  const told = { rooms: [TOLD_ROOM], except: [TOLD_ROOM] };
  const sent = { rooms: [TOLD_ROOM], except: [] };
  const others = [
    { rooms: ['lobby', TOLD_ROOM], except: [TOLD_ROOM] },
    { rooms: [TOLD_ROOM, 'lobby'], except: [TOLD_ROOM] },
  ];
  expect([told, sent, ...others].map(isForNoSocket)).toEqual([true, true, false, false]);
  expect([told, sent, ...others].map(isTold)).toEqual([true, false, false, false]);
});
