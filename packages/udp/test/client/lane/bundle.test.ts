// needs: package
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundlePublished, LANE_PAGE } from './published.js';

const CLIENT_PAGE = "export { io } from 'naru/client';";

it('takes less than 4 kB alone, without the rest of the client', async () => {
  const script = await bundlePublished("export { openLane } from '@naru/udp/lane';", 'esm');
  expect(gzipSync(script, { level: 9 }).length).toBeLessThan(4_000);
  expect(script).not.toMatch(/WebSocket|XMLHttpRequest|import\s*\(|node:/);
});

it('costs nothing when a page does not import it', async () => {
  expect(await bundlePublished(LANE_PAGE)).toMatch(/RTCPeerConnection/);
  expect(await bundlePublished(CLIENT_PAGE)).not.toMatch(/RTCPeerConnection|naru:channel/);
});
