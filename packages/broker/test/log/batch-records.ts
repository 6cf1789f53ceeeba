/** Records of batches, and the head of a batch. */
import type { LogRecord } from '../../../naru/src/backplane/backplane.js';

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
};
