import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test.each([
  ['a browser', class {}, ['polling', 'sse', 'websocket', 'webtransport']],
  ['React Native, which has no EventSource', undefined, ['polling', 'websocket', 'webtransport']],
])('tries what %s has', async (_place, EventSource, names) => {
  vi.stubGlobal('EventSource', EventSource);
  const { browserPlatform } = await import('../../src/client/browser-platform.js');
  expect(browserPlatform.defaults ?? Object.keys(browserPlatform.transports)).toEqual(names);
});

test('has a transport of its own under each name', async () => {
  const { browserPlatform } = await import('../../src/client/browser-platform.js');
  const { transports } = browserPlatform;
  expect(Object.values(transports).map(({ prototype }) => prototype.name)).toEqual(Object.keys(transports));
});
