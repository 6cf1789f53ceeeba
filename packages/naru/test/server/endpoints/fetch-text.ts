/** One request over a simulated network. */
import { get } from 'node:http';
import type { TestNetwork } from '../../../../testing/src/network/network.js';

/** Resolves with the body of the answer, and moves the clock until then. */
export async function fetchText(network: TestNetwork, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  const done = new Promise<string>((resolve, reject) => {
    get(url, { agent: network.agent }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });
  await network.clock.settle();
  return done;
}
