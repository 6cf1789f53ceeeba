/** `naru connect`: a visit on the terminal, or with lines from a pipe. */
import { createInterface } from 'node:readline';
import type { Environment } from '../arguments.js';
import { chooseRoad } from './choose-road.js';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from './history.js';
import type { RoadOptions } from './road.js';
import { Visit } from './visit.js';

/** Where the person is. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Environment;
}

/** Connects, and resolves with the exit code when the visit is over. Throws ConfigError for an address that leads nowhere. */
export async function connectTo(url: string, options: RoadOptions, terminal: Terminal): Promise<number> {
  const road = chooseRoad(url);
  const { input, output, env } = terminal;
  const isPerson = input.isTTY === true && output.isTTY === true;
  const file = isPerson ? historyFile(env) : undefined;
  return new Promise((resolve) => {
    const lines = createInterface({
      input,
      output: isPerson ? output : undefined,
      terminal: isPerson,
      prompt: '> ',
      history: loadHistory(file),
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string) => visit.complete(line),
    });
    let typed: string[] = loadHistory(file);
    let isOver = false;
    const print = (line: string): void => {
      // The line that is being typed moves down.
      output.write(isPerson ? `\r\u001b[K${line}\n` : `${line}\n`);
      if (isPerson && !isOver) lines.prompt(true);
    };
    const visit = new Visit(url, road, options, {
      print,
      end: (isFailed) => {
        isOver = true;
        lines.close();
        saveHistory(file, typed);
        resolve(isFailed ? 1 : 0);
      },
    });
    lines.on('history', (all: string[]) => {
      typed = all;
    });
    const taken = new Set<Promise<void>>();
    lines.on('line', (line) => {
      const done: Promise<void> = visit.take(line).then(() => {
        taken.delete(done);
        if (isPerson && !isOver) lines.prompt(true);
      });
      taken.add(done);
    });
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      // What a pipe brought is answered before the end; a person who leaves does not wait.
      void Promise.all(isPerson ? [] : [visit.settled, ...taken]).then(() => visit.leave());
    });
    if (isPerson) lines.prompt();
  });
}
