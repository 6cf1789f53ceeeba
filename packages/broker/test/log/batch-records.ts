/** Records of batches, and the head of a batch. */
import { fc } from '../../../../test/kit/fast-check.js';
import type { LogRecord } from '../../../naru/src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../naru/src/backplane/own-records.js';

export const HEAD = { writer: 'abcdefgh', number: 2 ** 48 - 1 };
export const AT = 1_700_000_000_000;

export const plain: LogRecord = { rooms: [], except: [], event: '["x"]', attachments: [], at: AT };
export const full: LogRecord = {
  rooms: ['lobby', 'é', '\ud800'],
  except: ['x'],
  event: '["pic",{"_placeholder":true,"num":0},"🚢"]',
  attachments: [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(300).fill(7)],
  at: AT + 1.5,
  key: 'k\udfff',
  by: 'ann',
  trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};

const text = fc.string({ unit: 'grapheme' });
const rooms = fc.array(fc.oneof(fc.constantFrom('a', 'b', TOLD_ROOM), text), { maxLength: 3 });
const anyRecord = fc.record(
  {
    rooms,
    except: rooms,
    event: text,
    attachments: fc.array(fc.uint8Array(), { maxLength: 3 }),
    at: fc.oneof(fc.constant(AT), fc.double({ noNaN: true, noDefaultInfinity: true })),
    key: text,
    by: text,
  },
  { requiredKeys: ['rooms', 'except', 'event', 'attachments', 'at'] },
);
/** The records of a batch, whatever they are. */
export const anyRecords = fc.array(anyRecord, { maxLength: 5 });
