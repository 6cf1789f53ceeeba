import { expect, it } from 'vitest';
import { gapRecord, isGapRecord } from '../../src/backplane/gap-record.js';

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
