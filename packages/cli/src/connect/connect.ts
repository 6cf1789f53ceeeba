/** Runs `naru connect`: a visit at the terminal, or with lines from a pipe. */

import { Prompt, type Terminal } from './prompt.js';
import { Visit } from './visit.js';
import { chooseWire } from './wires/choose-wire.js';
import type { WireOptions } from './wires/wire-client.js';

/**
 * Connects, and resolves with the exit code when the visit is over. `leaving` ends it. Rejects with ConfigError for an
 * unknown kind of address.
 */
export async function connectTo(
  url: string,
  options: WireOptions,
  terminal: Terminal,
  leaving: AbortSignal,
): Promise<number> {
  const wire = chooseWire(url, options.transports);
  return new Promise((resolve) => {
    // Lines from a pipe run one after the other, as a script expects.
    let newest = Promise.resolve();
    const prompt: Prompt = new Prompt(terminal, {
      complete: (line) => visit.complete(line),
      onLine: (line) => {
        if (prompt.isPerson) void visit.take(line);
        else newest = newest.then(() => visit.settled).then(() => visit.take(line));
      },
      onEnd: () => {
        // Lines from a pipe finish before the visit ends. A user who leaves does not wait.
        void (prompt.isPerson ? Promise.resolve() : visit.settled.then(() => newest)).then(() => visit.leave());
      },
    });
    const visit: Visit = new Visit(url, wire, options, {
      waits: prompt.isPerson,
      print: (line) => prompt.print(line),
      end: (isFailed) => {
        prompt.close();
        resolve(isFailed ? 1 : 0);
      },
    });
    leaving.addEventListener('abort', () => visit.leave());
    if (leaving.aborted) visit.leave();
    // The reader of our output may have closed it, as `head` does.
    terminal.output.on('error', () => visit.leave());
  });
}
