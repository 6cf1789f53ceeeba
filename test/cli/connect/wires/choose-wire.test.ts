import { describe, expect, it } from 'vitest';
import { chooseRoad } from '../../../../src/cli/connect/wires/choose-wire.js';
import { openEventsSocket } from '../../../../src/cli/connect/wires/events-socket.js';
import { openEventsStream } from '../../../../src/cli/connect/wires/events-stream.js';
import { openSocketRoad } from '../../../../src/cli/connect/wires/socket-io.js';
import { openStompRoad } from '../../../../src/cli/connect/wires/stomp.js';

describe('chooseRoad', () => {
  it.each([
    ['http://localhost:3000', openSocketRoad],
    ['HTTPS://example.com/chat', openSocketRoad],
    ['ws://[::1]:3000/chat', openSocketRoad],
    ['wss://example.com', openSocketRoad],
    ['tcp://localhost:4000/chat', openSocketRoad],
    ['tls://[::1]:4443', openSocketRoad],
    ['unix:/run/naru.sock', openSocketRoad],
    ['unix:/run/naru.sock:/chat', openSocketRoad],
    ['udp://localhost:4001', openSocketRoad],
    ['http://localhost:3000/events/lobby', openEventsStream],
    ['https://example.com/events/chat/lobby,news?room=more', openEventsStream],
    ['ws://localhost:3000/events/lobby', openEventsSocket],
    ['wss://example.com/events/', openEventsSocket],
    ['http://localhost:3000/events', openSocketRoad],
    ['http://localhost:3000/chat/events/lobby', openSocketRoad],
    ['stomp://localhost', openStompRoad],
    ['stomps://localhost:61614/chat', openStompRoad],
    ['stomp+ws://localhost:3000/stomp#/chat', openStompRoad],
    ['stomp+wss://example.com/stomp', openStompRoad],
  ])('takes %s', (url, road) => {
    expect(chooseRoad(url)).toBe(road);
  });

  it.each([
    ['localhost:3000', /"localhost:3000" leads nowhere; write http:\/\//],
    ['', /leads nowhere/],
    ['http:localhost', /leads nowhere/],
    ['http://', /leads nowhere/],
    ['http://localhost:99999', /leads nowhere/],
    ['stomp+ws://', /leads nowhere/],
    ['ftp://localhost', /leads nowhere/],
    ['javascript:alert(1)', /leads nowhere/],
    ['tcp://localhost', /has no port/],
    ['tcp://::1:4000', /brackets/],
    ['udp://local host:1', /white space/],
    ['unix:', /has no path/],
    ['stomp://localhost:70000', /has the port/],
  ])('does not take %j, and says what to write', (url, message) => {
    expect(() => chooseRoad(url)).toThrow(message);
  });

  it.each(['ws://localhost', 'tcp://localhost:1', 'stomp://localhost', 'http://localhost/events/lobby'])(
    'says that %s is a transport already',
    (url) => {
      expect(() => chooseRoad(url, ['polling'])).toThrow('--transport is for http:// and https://');
      expect(() => chooseRoad(url)).not.toThrow();
    },
  );

  it('takes transports for HTTP', () => {
    expect(chooseRoad('http://localhost', ['polling'])).toBe(openSocketRoad);
  });
});
