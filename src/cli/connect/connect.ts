/** `naru connect`: a visit on the terminal, or with lines from a pipe. */

import { Prompt, type Terminal } from './prompt.js';
import { Visit } from './visit.js';
import { chooseWire } from './wires/choose-wire.js';
import type { WireOptions } from './wires/wire-client.js';

/** Connects, and resolves with the exit code when the visit is over. `leaving` ends it. Throws ConfigError for an address that leads nowhere. */
export async function connectTo(
  url: string,
  options: WireOptions,
  terminal: Terminal,
  leaving: AbortSignal,
): Promise<number> {
  const wire = chooseWire(url, options.transports);
  return new Promise((resolve) => {
    // One after the other, as a script expects of them.
    let newest = Promise.resolve();
    const prompt = new Prompt(terminal, {
      complete: (line) => visit.complete(line),
      onLine: (line) => {
        if (prompt.isPerson) void visit.take(line);
        else newest = newest.then(() => visit.settled).then(() => visit.take(line));
      },
      onEnd: () => {
        // What a pipe brought is carried out before the end; a person who leaves does not wait.
        void (prompt.isPerson ? Promise.resolve() : visit.settled.then(() => newest)).then(() => visit.leave());
      },
    });
    const visit = new Visit(url, wire, options, {
      waits: prompt.isPerson,
      print: (line) => prompt.print(line),
      end: (isFailed) => {
        prompt.close();
        resolve(isFailed ? 1 : 0);
      },
    });
    leaving.addEventListener('abort', () => visit.leave());
    // Whoever read what we write may have seen enough.
    terminal.output.on('error', () => visit.leave());
  });
}
