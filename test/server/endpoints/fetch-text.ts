/** One request of a simulated network. */
import { get } from 'node:http';
import type { TestNetwork } from '../../../src/testing/network/network.js';

/** The body of the answer. The clock is moved until it is there. */
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
