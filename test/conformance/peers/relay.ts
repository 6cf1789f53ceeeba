/** A relay that acts as a bad network and closes with the test. */
import { onTestFinished } from 'vitest';
import { type Relay, startRelay } from '../../kit/relay/relay.mjs';

/** Starts a relay to a port of this machine. */
export async function relay(port: number): Promise<Relay> {
  const made = await startRelay(port);
  onTestFinished(() => made.close());
  return made;
}
