import { describe, expect, it } from 'vitest';
import { parseDestination, requireDestination } from '../src/destination.js';

describe('parseDestination', () => {
  it.each([
    ['/topic/lobby', 'topic', 'lobby'],
    ['/topic/a/b c', 'topic', 'a/b c'],
    ['/topic//', 'topic', '/'],
    ['/app/say', 'app', 'say'],
    ['/user/queue/news', 'user', 'news'],
    ['/queue/jobs', 'queue', 'jobs'],
    ['/ack/7', 'ack', '7'],
  ])('reads %s', (text, kind, name) => expect(parseDestination(text)).toEqual({ kind, name, text }));

  it.each(['', '/', '/topic', '/topic/', 'topic/a', '/user/a', '/Topic/a', '/temp-queue/a'])(
    'does not know "%s"',
    (text) => {
      expect(parseDestination(text)).toBeUndefined();
    },
  );
});

describe('requireDestination', () => {
  it('names the missing destination, and the possible ones', () => {
    expect(() => requireDestination(undefined, 'SEND', ['topic'])).toThrow('SEND has no header "destination"');
    expect(() => requireDestination('/app/x', 'SUBSCRIBE', ['topic', 'user'])).toThrow(
      'SUBSCRIBE cannot go to "/app/x": destinations are /topic/<name>, /user/queue/<name>',
    );
    expect(requireDestination('/topic/x', 'SEND', ['topic']).name).toBe('x');
  });
});
