/** Chapter 7: closing. */
import * as d from './driver.js';

const joined = (...parts: Buffer[]) => [Buffer.concat(parts)];

d.chapter('7.1: after a close frame nothing is answered', ({ frame }, check) => {
  const close = (code: number, reason: string | Buffer = '') => frame(d.CLOSE, d.closePayload(code, reason));
  const hello = frame(d.TEXT, 'Hello World!');
  check([
    { id: '7.1.1', send: [hello], expect: ['text Hello World!'], close: 'clean' },
    { id: '7.1.2', send: joined(close(1000), close(1000)), close: 1000 },
    { id: '7.1.3', send: joined(close(1000), frame(d.PING)), close: 1000 },
    { id: '7.1.4', send: joined(close(1000), hello), close: 1000 },
    {
      id: '7.1.5',
      send: joined(frame(d.TEXT_FIRST, 'fragment1'), close(1000), frame(d.LAST, 'fragment2')),
      close: 1000,
    },
  ]);
  const big = 'BAsd7&jh23'.repeat(26_215).slice(0, 262_144);
  check([
    {
      id: '7.1.6',
      send: joined(frame(d.TEXT, big), hello, close(1000), frame(d.PING)),
      expect: [`text ${big}`, 'text Hello World!'],
      close: 1000,
    },
  ]);
});

d.chapter('7.3 and 7.5: the payload of a close frame', ({ frame }, check) => {
  const close = (code: number, reason: string | Buffer = '') => frame(d.CLOSE, d.closePayload(code, reason));
  const reason = '*'.repeat(123);
  check([
    { id: '7.3.1', send: [frame(d.CLOSE)], close: 'none' },
    { id: '7.3.2', send: [frame(d.CLOSE, 'a')], close: 1002 },
    { id: '7.3.3', send: [close(1000)], close: 1000 },
    { id: '7.3.4', send: [close(1000, 'Hello World!')], close: 1000 },
    { id: '7.3.5', send: [close(1000, reason)], close: 1000 },
    { id: '7.3.6', send: [close(1000, `${reason}*`)], close: 1002 },
    { id: '7.5.1', send: [close(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))], close: 1007 },
  ]);
});

d.chapter('7.7, 7.9 and 7.13: close codes', ({ frame }, check) => {
  const close = (code: number, reason: string | Buffer = '') => frame(d.CLOSE, d.closePayload(code, reason));
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
  for (const code of valid) check([{ id: `7.7 with ${code}`, send: [close(code)], close: code }]);
  const invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];
  for (const code of invalid) check([{ id: `7.9 with ${code}`, send: [close(code)], close: 1002 }]);
  check([
    { id: '7.13.1', send: [close(5000)], close: 1002 },
    { id: '7.13.2', send: [frame(d.CLOSE, [0x00, 0x01, 0x00, 0x00])], close: 1002 },
  ]);
});
