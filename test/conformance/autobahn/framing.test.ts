/** Chapters 1 to 5: frames, pings, reserved bits, opcodes, fragments. */
import * as d from './driver.js';

const HELLO = 'text Hello, world!';

d.chapter('1: framing', ({ frame }, check) => {
  const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];
  for (const [index, size] of sizes.entries()) {
    const text = '*'.repeat(size);
    const bytes = Buffer.alloc(size, 0xfe);
    check([
      { id: `1.1.${index + 1}`, send: [frame(d.TEXT, text)], expect: [`text ${text}`], close: 'clean' },
      {
        id: `1.2.${index + 1}`,
        send: [frame(d.BINARY, bytes)],
        expect: [`binary ${bytes.toString('hex')}`],
        close: 'clean',
      },
    ]);
  }
  const text = '*'.repeat(65_536);
  const bytes = Buffer.alloc(65_536, 0xfe);
  check([
    { id: '1.1.8', send: d.chop(frame(d.TEXT, text), 997), expect: [`text ${text}`], close: 'clean' },
    {
      id: '1.2.8',
      send: d.chop(frame(d.BINARY, bytes), 997),
      expect: [`binary ${bytes.toString('hex')}`],
      close: 'clean',
    },
  ]);
});

d.chapter('2: pings and pongs', ({ frame }, check) => {
  const most = Buffer.alloc(125, 0xfe);
  const pings = Array.from({ length: 10 }, (_, index) => frame(d.PING, `payload-${index}`));
  const pongs = Array.from({ length: 10 }, (_, index) => `pong payload-${index}`);
  const odd = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
  check([
    { id: '2.1', send: [frame(d.PING)], expect: ['pong'], close: 'clean' },
    { id: '2.2', send: [frame(d.PING, 'Hello, world!')], expect: ['pong Hello, world!'], close: 'clean' },
    { id: '2.3', send: [frame(d.PING, odd)], expect: [`pong ${odd}`], close: 'clean' },
    { id: '2.4', send: [frame(d.PING, most)], expect: [`pong ${most}`], close: 'clean' },
    { id: '2.5', send: [frame(d.PING, Buffer.alloc(126, 0xfe))], close: 1002 },
    { id: '2.6', send: [frame(d.PING, most)], expect: [`pong ${most}`], close: 'clean', isChopped: true },
    { id: '2.7', send: [frame(d.PONG)], close: 'clean' },
    { id: '2.8', send: [frame(d.PONG, 'unsolicited pong payload')], close: 'clean' },
    {
      id: '2.9',
      send: [frame(d.PONG, 'unsolicited'), frame(d.PING, 'ping payload')],
      expect: ['pong ping payload'],
      close: 'clean',
    },
    { id: '2.10', send: [Buffer.concat(pings)], expect: pongs, close: 'clean' },
    { id: '2.11', send: pings, expect: pongs, close: 'clean', isChopped: true },
  ]);
});

d.chapter('3: reserved bits', ({ frame }, check) => {
  const hello = frame(d.TEXT, 'Hello, world!');
  const ping = frame(d.PING);
  const withBits = (first: number, bits: number, payload: string | Buffer) => frame(first | (bits << 4), payload);
  check([
    { id: '3.1', send: [withBits(d.TEXT, 4, 'Hello, world!')], close: 1002 },
    {
      id: '3.2',
      send: [Buffer.concat([hello, withBits(d.TEXT, 2, 'Hello, world!'), ping])],
      expect: [HELLO],
      close: 1002,
    },
    { id: '3.3', send: [hello, withBits(d.TEXT, 3, 'Hello, world!'), ping], expect: [HELLO], close: 1002 },
    {
      id: '3.4',
      send: [hello, withBits(d.TEXT, 4, 'Hello, world!'), ping],
      expect: [HELLO],
      close: 1002,
      isChopped: true,
    },
    { id: '3.5', send: [withBits(d.BINARY, 5, Buffer.alloc(8, 0xff))], close: 1002 },
    { id: '3.6', send: [withBits(d.PING, 6, 'Hello, world!')], close: 1002 },
    { id: '3.7', send: [withBits(d.CLOSE, 7, d.closePayload(1000))], close: 1002 },
  ]);
});

d.chapter('4: opcodes', ({ frame }, check) => {
  const hello = frame(d.TEXT, 'Hello, world!');
  const ping = frame(d.PING);
  for (const [chapter, first] of [
    ['4.1', 0x83],
    ['4.2', 0x8b],
  ] as const) {
    check([
      { id: `${chapter}.1`, send: [frame(first)], close: 1002 },
      { id: `${chapter}.2`, send: [frame(first + 1, 'reserved opcode payload')], close: 1002 },
      { id: `${chapter}.3`, send: [Buffer.concat([hello, frame(first + 2), ping])], expect: [HELLO], close: 1002 },
      { id: `${chapter}.4`, send: [hello, frame(first + 3, 'reserved'), ping], expect: [HELLO], close: 1002 },
      {
        id: `${chapter}.5`,
        send: [hello, frame(first + 4, 'reserved'), ping],
        expect: [HELLO],
        close: 1002,
        isChopped: true,
      },
    ]);
  }
});

d.chapter('5: fragmentation', ({ frame }, check) => {
  const hello = frame(d.TEXT, 'Hello, world!');
  const one = frame(d.TEXT_FIRST, 'fragment1');
  const two = frame(d.LAST, 'fragment2');
  const ping = frame(d.PING, 'ping payload');
  const both = 'text fragment1fragment2';
  const withPing = ['pong ping payload', both];
  const strayLast = frame(d.LAST, 'non-continuation payload');
  const strayMore = frame(d.MORE, 'non-continuation payload');
  const joined = (...parts: Buffer[]) => [Buffer.concat(parts)];
  check([
    { id: '5.1', send: [frame(0x09, 'fragment1'), two], close: 1002 },
    { id: '5.2', send: [frame(0x0a, 'fragment1'), two], close: 1002 },
    { id: '5.3', send: joined(one, two), expect: [both], close: 'clean' },
    { id: '5.4', send: [one, two], expect: [both], close: 'clean' },
    { id: '5.5', send: [one, two], expect: [both], close: 'clean', isChopped: true },
    { id: '5.6', send: joined(one, ping, two), expect: withPing, close: 'clean' },
    { id: '5.7', send: [one, ping, two], expect: withPing, close: 'clean' },
    { id: '5.8', send: [one, ping, two], expect: withPing, close: 'clean', isChopped: true },
    { id: '5.9', send: joined(strayLast, hello), close: 1002 },
    { id: '5.10', send: [strayLast, hello], close: 1002 },
    { id: '5.11', send: [strayLast, hello], close: 1002, isChopped: true },
    { id: '5.12', send: joined(strayMore, hello), close: 1002 },
    { id: '5.13', send: [strayMore, hello], close: 1002 },
    { id: '5.14', send: [strayMore, hello], close: 1002, isChopped: true },
    {
      id: '5.15',
      send: joined(one, two, frame(d.MORE, 'fragment3'), frame(d.TEXT, 'fragment4')),
      expect: [both],
      close: 1002,
    },
    { id: '5.16', send: [strayMore, frame(d.TEXT_FIRST, 'f2'), frame(d.LAST, 'f3'), strayMore], close: 1002 },
    { id: '5.17', send: [strayLast, frame(d.TEXT_FIRST, 'f2'), frame(d.LAST, 'f3'), strayLast], close: 1002 },
    { id: '5.18', send: [one, frame(d.TEXT, 'fragment2')], close: 1002 },
  ]);
  const parts = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'];
  const frames = parts.map((text, index) => frame(index === 0 ? d.TEXT_FIRST : index === 4 ? d.LAST : d.MORE, text));
  const pings = ['pongme 1!', 'pongme 2!'].map((text) => frame(d.PING, text));
  const [f1, f2, f3, f4, f5] = frames as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const [p1, p2] = pings as [Buffer, Buffer];
  const expected = ['pong pongme 1!', 'pong pongme 2!', `text ${parts.join('')}`];
  check([
    { id: '5.19', send: joined(f1, f2, p1, f3, f4, p2, f5), expect: expected, close: 'clean' },
    { id: '5.20', send: [f1, f2, p1, f3, f4, p2, f5], expect: expected, close: 'clean' },
  ]);
});
